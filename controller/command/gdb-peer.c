/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gdb-peer.c: see gdb-peer.h. */
#include "controller/command/gdb-peer.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "gdbstub-client/packet.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>

/* More bytes outside packets than that are no gdb. */
#define MAX_GARBAGE 4096

struct GdbPeer {
    const GdbPeerEvents *events;
    void *data;
    int fd;
    unsigned source;
    GdbDecoder *decoder;
    GString *sent; /* the last packet, for a NAK */
    bool acks;
    bool interrupt;  /* 0x03 came */
    GQueue *packets; /* GBytes */
};

/* --- sending --- */

static void send_bytes(GdbPeer *p, const char *bytes, size_t size)
{
    if (p->fd >= 0 && send(p->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size) {
        log_warn("gdb takes no answer: it is dropped");
        shutdown(p->fd, SHUT_RDWR); /* the rest is done when that is seen */
    }
}

void gdb_peer_reply(GdbPeer *p, const char *data, size_t size)
{
    g_string_truncate(p->sent, 0);
    gdb_packet_append(p->sent, data, size);
    send_bytes(p, p->sent->str, p->sent->len);
}

void gdb_peer_reply_text(GdbPeer *p, const char *text)
{
    gdb_peer_reply(p, text, strlen(text));
}

void gdb_peer_tell(GdbPeer *p, const char *text)
{
    g_autoptr(GString) packet = g_string_new("O");

    gdb_hex_append(packet, (const uint8_t *)text, strlen(text));
    gdb_peer_reply(p, packet->str, packet->len);
}

void gdb_peer_no_acks(GdbPeer *p)
{
    p->acks = false;
}

/* --- receiving --- */

static void take_token(GdbPeer *p, const GdbToken *token)
{
    switch (token->kind) {
    case GDB_TOKEN_PACKET:
        if (p->acks)
            send_bytes(p, "+", 1);
        /* With the NUL behind it. */
        g_queue_push_tail(p->packets, g_bytes_new(token->data, token->len + 1));
        break;
    case GDB_TOKEN_INTERRUPT:
        p->interrupt = true;
        break;
    case GDB_TOKEN_NAK:
        send_bytes(p, p->sent->str, p->sent->len);
        break;
    case GDB_TOKEN_BAD:
        send_bytes(p, "-", 1);
        break;
    case GDB_TOKEN_ACK:
    case GDB_TOKEN_NOTIFICATION:
    case GDB_TOKEN_NONE:
        break;
    }
}

/* False when gdb is gone. */
static bool receive(GdbPeer *p)
{
    uint8_t bytes[4096];
    ssize_t n = recv(p->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    for (size_t used = 0; n > 0 && used < (size_t)n;) {
        GdbToken token;

        used += gdb_decoder_push(p->decoder, bytes + used, (size_t)n - used, &token);
        take_token(p, &token);
    }
    if (gdb_decoder_garbage(p->decoder) <= MAX_GARBAGE)
        return n > 0;
    log_warn("what came to the gdb endpoint is not the gdb protocol");
    return false;
}

/* By an event's end the peer may be closed or freed. */
static bool is_over(void)
{
    return g_source_is_destroyed(g_main_current_source());
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
    GdbPeer *p = data;
    bool interrupt;

    (void)fd;
    (void)condition;
    if (!receive(p)) {
        p->events->gone(p->data);
        return is_over() ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
    }
    interrupt = p->interrupt;
    p->interrupt = false;
    if (interrupt)
        p->events->interrupted(p->data);
    if (!is_over() && gdb_peer_waits(p))
        p->events->arrived(p->data);
    return is_over() ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

bool gdb_peer_waits(const GdbPeer *p)
{
    return p->fd >= 0 && !g_queue_is_empty(p->packets);
}

GBytes *gdb_peer_next(GdbPeer *p)
{
    return p->fd >= 0 ? g_queue_pop_head(p->packets) : NULL;
}

/* --- coming and going --- */

GdbPeer *gdb_peer_new(const GdbPeerEvents *events, void *data)
{
    GdbPeer *p = g_new0(GdbPeer, 1);

    p->events = events;
    p->data = data;
    p->fd = -1;
    p->sent = g_string_new(NULL);
    p->packets = g_queue_new();
    return p;
}

void gdb_peer_open(GdbPeer *p, int fd)
{
    p->fd = fd;
    p->acks = true;
    p->interrupt = false;
    g_clear_pointer(&p->decoder, gdb_decoder_free);
    p->decoder = gdb_decoder_new();
    p->source = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, p);
}

void gdb_peer_close(GdbPeer *p)
{
    if (p->fd < 0)
        return;
    g_clear_handle_id(&p->source, g_source_remove);
    fd_clear(&p->fd);
    g_queue_clear_full(p->packets, (GDestroyNotify)g_bytes_unref);
}

bool gdb_peer_is_open(const GdbPeer *p)
{
    return p->fd >= 0;
}

void gdb_peer_free(GdbPeer *p)
{
    if (!p)
        return;
    gdb_peer_close(p);
    g_clear_pointer(&p->decoder, gdb_decoder_free);
    g_queue_free(p->packets);
    g_string_free(p->sent, TRUE);
    g_free(p);
}
