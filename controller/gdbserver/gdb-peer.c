/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gdb-peer.c: decodes, checks and queues received packets; queues sent bytes while the socket is
 * full. Both queues are limited. */
#include "controller/gdbserver/gdb-peer.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "gdbstub-client/packet.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* Most queued packets: with so many, the socket is not read until some are answered. A gdb has one
 * request under way. */
#define MOST_PACKETS 8u
/* Most damaged packets and requests to repeat a packet in a row; a peer with more is no gdb. */
#define MOST_FAULTS 8u
/* Limits of unsent bytes: beyond the first limit no packet is handed out, beyond the second the
 * peer is disconnected. */
#define MUCH_UNSENT ((size_t)64 << 10)
#define MOST_UNSENT ((size_t)4 << 20)
/* Most bytes of text in one O packet. */
#define REPORT_BYTES 1800u

struct GdbPeer {
    const GdbPeerEvents *events;
    void *data;
    int fd;
    unsigned source;  /* source for received bytes or, while full, for the end of the connection */
    unsigned writing; /* source: unsent bytes wait for room */
    GdbDecoder *decoder;
    GString *sent;      /* the last packet, to be repeated after a NAK */
    GByteArray *unsent; /* bytes that the socket did not take yet */
    bool acks;
    bool full;       /* the queue of packets is full: the socket is not read */
    bool spoken;     /* a whole packet was received */
    bool over;       /* disconnected: the event `gone` follows */
    bool interrupt;  /* 0x03 was received */
    unsigned faults; /* in a row */
    GQueue *packets; /* GBytes */
};

/* --- sending --- */

/* Shuts the connection down. The main loop then sees its end and calls the event `gone`. */
static void cut_off(GdbPeer *p, const char *why)
{
    if (!p->over)
        log_warn("gdb endpoint: %s: the connection is closed", why);
    p->over = true;
    shutdown(p->fd, SHUT_RDWR);
}

/* Returns how many bytes the socket took. */
static size_t send_some(GdbPeer *p, const uint8_t *bytes, size_t size)
{
    ssize_t n = p->over ? 0 : send(p->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        p->over = true; /* the peer is gone */
        shutdown(p->fd, SHUT_RDWR);
    }
    return n > 0 ? (size_t)n : 0;
}

static gboolean on_writable(gint fd, GIOCondition condition, gpointer data)
{
    GdbPeer *p = data;
    bool much = p->unsent->len > MUCH_UNSENT;
    size_t n = send_some(p, p->unsent->data, p->unsent->len);

    (void)fd;
    (void)condition;
    if (n > 0)
        g_byte_array_remove_range(p->unsent, 0, (guint)n);
    if (p->unsent->len > 0 && !p->over) {
        if (much && p->unsent->len <= MUCH_UNSENT && gdb_peer_waits(p))
            p->events->arrived(p->data);
        return g_source_is_destroyed(g_main_current_source()) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
    }
    p->writing = 0;
    if (much && gdb_peer_waits(p))
        p->events->arrived(p->data);
    return G_SOURCE_REMOVE;
}

static void send_bytes(GdbPeer *p, const char *bytes, size_t size)
{
    size_t n = p->fd >= 0 && p->unsent->len == 0 ? send_some(p, (const uint8_t *)bytes, size) : 0;

    if (p->fd < 0 || p->over || n == size)
        return;
    if (p->unsent->len + size > MOST_UNSENT) {
        cut_off(p, "the peer does not read its answers");
        return;
    }
    g_byte_array_append(p->unsent, (const uint8_t *)bytes + n, (guint)(size - n));
    if (!p->writing)
        p->writing = g_unix_fd_add(p->fd, G_IO_OUT, on_writable, p);
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

void gdb_peer_report(GdbPeer *p, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        size_t part = MIN(left, REPORT_BYTES);
        g_autoptr(GString) packet = g_string_new("O");

        gdb_hex_append(packet, (const uint8_t *)text, part);
        gdb_peer_reply(p, packet->str, packet->len);
        text += part;
        left -= part;
    }
}

void gdb_peer_no_acks(GdbPeer *p)
{
    p->acks = false;
}

/* --- receiving --- */

static void receive_fault(GdbPeer *p, const char *answer, size_t size)
{
    if (!p->spoken || ++p->faults > MOST_FAULTS)
        cut_off(p, "what comes is not the gdb protocol");
    else
        send_bytes(p, answer, size);
}

static void receive_token(GdbPeer *p, const GdbToken *token)
{
    switch (token->kind) {
    case GDB_TOKEN_PACKET:
        if (p->acks)
            send_bytes(p, "+", 1);
        p->spoken = true;
        p->faults = 0;
        /* The decoder has put a NUL after the packet. */
        g_queue_push_tail(p->packets, g_bytes_new(token->data, token->len + 1));
        break;
    case GDB_TOKEN_INTERRUPT:
        p->interrupt = true;
        break;
    case GDB_TOKEN_NAK:
        receive_fault(p, p->sent->str, p->sent->len);
        break;
    case GDB_TOKEN_BAD:
        receive_fault(p, "-", 1);
        break;
    case GDB_TOKEN_NOTIFICATION: /* only a stub sends notifications, never gdb */
        cut_off(p, "what comes is not the gdb protocol");
        break;
    case GDB_TOKEN_ACK:
    case GDB_TOKEN_NONE:
        break;
    }
}

/* False: gdb is gone, or was disconnected. */
static bool receive(GdbPeer *p)
{
    uint8_t bytes[4096];
    ssize_t n = recv(p->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    for (size_t used = 0; n > 0 && used < (size_t)n && !p->over;) {
        GdbToken token;

        used += gdb_decoder_push(p->decoder, bytes + used, (size_t)n - used, &token);
        if (gdb_decoder_garbage(p->decoder) > 0)
            cut_off(p, "what comes is not the gdb protocol");
        else
            receive_token(p, &token);
    }
    return n > 0 && !p->over;
}

/* Whether an event has closed or freed the peer. */
static bool is_over(void)
{
    return g_source_is_destroyed(g_main_current_source());
}

static gboolean on_end(gint fd, GIOCondition condition, gpointer data)
{
    GdbPeer *p = data;

    (void)fd;
    (void)condition;
    p->events->gone(p->data);
    return is_over() ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
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
    if (is_over())
        return G_SOURCE_REMOVE;
    p->full = p->packets->length >= MOST_PACKETS;
    if (p->full) /* POLLRDHUP: a half-closed connection has ended; else only reading shows it */
        p->source =
            g_unix_fd_add(p->fd, (GIOCondition)(G_IO_HUP | G_IO_ERR | POLLRDHUP), on_end, p);
    return p->full ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

bool gdb_peer_waits(const GdbPeer *p)
{
    return p->fd >= 0 && !p->over && p->unsent->len <= MUCH_UNSENT && !g_queue_is_empty(p->packets);
}

GBytes *gdb_peer_next(GdbPeer *p)
{
    GBytes *packet = gdb_peer_waits(p) ? g_queue_pop_head(p->packets) : NULL;

    if (packet && p->full && p->packets->length < MOST_PACKETS) {
        g_clear_handle_id(&p->source, g_source_remove);
        p->source = g_unix_fd_add(p->fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, p);
        p->full = false;
    }
    return packet;
}

/* --- coming and going --- */

GdbPeer *gdb_peer_new(const GdbPeerEvents *events, void *data)
{
    GdbPeer *p = g_new0(GdbPeer, 1);

    p->events = events;
    p->data = data;
    p->fd = -1;
    p->sent = g_string_new(NULL);
    p->unsent = g_byte_array_new();
    p->packets = g_queue_new();
    return p;
}

void gdb_peer_open(GdbPeer *p, int fd)
{
    p->fd = fd;
    p->acks = true;
    p->interrupt = p->full = p->spoken = p->over = false;
    p->faults = 0;
    g_string_truncate(p->sent, 0);
    g_clear_pointer(&p->decoder, gdb_decoder_free);
    p->decoder = gdb_decoder_new();
    p->source = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, p);
}

void gdb_peer_close(GdbPeer *p)
{
    if (p->fd < 0)
        return;
    if (p->unsent->len > 0)
        send_some(p, p->unsent->data, p->unsent->len);
    g_byte_array_set_size(p->unsent, 0);
    g_clear_handle_id(&p->writing, g_source_remove);
    g_clear_handle_id(&p->source, g_source_remove);
    fd_clear(&p->fd);
    g_queue_clear_full(p->packets, (GDestroyNotify)g_bytes_unref);
}

bool gdb_peer_is_open(const GdbPeer *p)
{
    return p->fd >= 0;
}

bool gdb_peer_has_spoken(const GdbPeer *p)
{
    return p->fd >= 0 && p->spoken;
}

void gdb_peer_free(GdbPeer *p)
{
    if (!p)
        return;
    gdb_peer_close(p);
    g_clear_pointer(&p->decoder, gdb_decoder_free);
    g_queue_free(p->packets);
    g_string_free(p->sent, TRUE);
    g_byte_array_unref(p->unsent);
    g_free(p);
}
