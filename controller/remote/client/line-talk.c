/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line-talk.c: messages to and from the agent, what passes through beside them, and the end of it.
 */
#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/base/text.h"
#include "controller/qemu/telling.h"
#include "controller/remote/client/line-private.h"
#include "controller/remote/outcome.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#define READ_CHUNK 65536
#define MAX_POLLED 1600 /* three tunnels for each of the most nodes, and what else there is */

/* --- failure --- */

typedef struct {
    Line *line;
    Node *node; /* NULL: all of them */
    char *why;
    GSource *source; /* the line's */
} Fall;

static void fall(Line *l, Node *n, const char *why)
{
    if (n->state == NODE_FAILED)
        return;
    outcome_fail(n, l->far.name, why);
    l->params.on_fall(n, l->params.user);
}

/* In the main thread. */
static gboolean on_fall(gpointer data)
{
    Fall *f = data;

    for (guint i = 0; i < f->line->nodes->len; i++)
        if (!f->node || f->node == f->line->nodes->pdata[i])
            fall(f->line, f->line->nodes->pdata[i], f->why);
    g_mutex_lock(&f->line->lock);
    g_ptr_array_remove(f->line->falls, f->source);
    g_mutex_unlock(&f->line->lock);
    return G_SOURCE_REMOVE;
}

static void fall_free(gpointer data)
{
    Fall *f = data;

    g_free(f->why);
    g_free(f);
}

static void fall_later(Line *l, Node *node, const char *why)
{
    Fall *f = g_new0(Fall, 1);

    *f = (Fall){l, node, g_strdup(why), g_idle_source_new()};
    g_source_set_priority(f->source, G_PRIORITY_DEFAULT);
    g_source_set_callback(f->source, on_fall, f, fall_free);
    g_mutex_lock(&l->lock);
    g_ptr_array_add(l->falls, f->source);
    g_source_attach(f->source, NULL);
    g_mutex_unlock(&l->lock);
}

void line_lose(Line *l, GError *error)
{
    g_mutex_lock(&l->lock);
    if (l->lost) {
        g_error_free(error);
        g_mutex_unlock(&l->lock);
        return;
    }
    l->lost = error;
    /* Who waits for a stub's answer is to see that none will come. */
    for (guint i = 0; i < l->tunnels->len; i++) {
        const Tunnel *t = &g_array_index(l->tunnels, Tunnel, i);

        if (t->type == MSG_STUB)
            shutdown(t->fd, SHUT_RDWR);
    }
    g_mutex_unlock(&l->lock);
    /* Its end is the agent's end. */
    g_clear_pointer(&l->stream, stream_free);
    if (l->leg)
        log_warn("host %s: %s: the others are held at the next barrier", l->far.name,
                 error->message);
    else if (!l->step)
        fall_later(l, NULL, error->message);
}

/* --- messages --- */

/* What is there to be read tells more than that nothing can be written: that it is no message, or
 * how the other side ended. */
static void lose_connection(Line *l, GError *error)
{
    GError *why = NULL;
    gssize n = 0;
    uint8_t type;
    Reader r;

    while (!why &&
           (n = stream_read(l->stream, inbox_room(l->inbox, READ_CHUNK), READ_CHUNK, &why)) > 0) {
        inbox_filled(l->inbox, (gsize)n);
        while (inbox_next(l->inbox, &type, &r, &why) && type != 0)
            ;
    }
    if (why) {
        g_error_free(error);
        error = why;
    }
    if (!why || n < 0)
        g_prefix_error(&error, "the connection is lost: ");
    line_lose(l, error);
}

bool line_send(Line *l)
{
    GError *error = NULL;

    if (!l->stream)
        return false;
    if (!stream_write(l->stream, l->out->data, l->out->len, &error)) {
        lose_connection(l, error);
        return false;
    }
    atomic_fetch_add_explicit(&l->stats.bytes_out, l->out->len, memory_order_relaxed);
    g_byte_array_set_size(l->out, 0);
    l->last_sent = htime_now();
    return true;
}

void line_pulse(Line *l)
{
    gsize begun;

    if (!l->stream || htime_sub(htime_now(), l->last_sent).ns < PROTOCOL_PULSE_MS * NS_PER_MS)
        return;
    begun = message_begin(l->out, MSG_PULSE);
    message_end(l->out, begun);
    line_send(l);
}

static void pump_one(Line *l, Tunnel *t)
{
    char data[16384];
    ssize_t n;
    gsize begun;

    while (t->fd >= 0 && (n = recv(t->fd, data, sizeof(data), MSG_DONTWAIT)) != -1) {
        begun = message_begin(l->out, n > 0 ? t->type : (uint8_t)MSG_STUB_CLOSE);
        put_u32(l->out, t->node->index);
        if (n > 0)
            put_bytes(l->out, data, (gsize)n);
        else
            fd_clear(&t->fd);
        if (n > 0 || t->type == MSG_STUB)
            message_end(l->out, begun);
        else
            g_byte_array_set_size(l->out, (guint)begun);
    }
}

void line_pump(Line *l)
{
    g_mutex_lock(&l->lock);
    for (guint i = l->tunnels->len; i-- > 0;) {
        Tunnel *t = &g_array_index(l->tunnels, Tunnel, i);

        pump_one(l, t);
        if (t->fd < 0)
            g_array_remove_index(l->tunnels, i);
    }
    g_mutex_unlock(&l->lock);
    if (l->out->len > 0)
        line_send(l);
}

static Node *node_by_index(Line *l, unsigned index)
{
    Node *found = NULL;

    g_mutex_lock(&l->lock);
    for (guint i = 0; i < l->nodes->len && !found; i++)
        if (((Node *)l->nodes->pdata[i])->index == index)
            found = l->nodes->pdata[i];
    g_mutex_unlock(&l->lock);
    return found;
}

static void into_tunnel(Line *l, uint8_t type, Reader *r)
{
    unsigned index = get_u32(r);
    gsize size;
    const uint8_t *bytes = get_bytes(r, &size);

    g_mutex_lock(&l->lock);
    for (guint i = 0; bytes && i < l->tunnels->len; i++) {
        const Tunnel *t = &g_array_index(l->tunnels, Tunnel, i);

        if (t->type == type && t->node->index == index &&
            send(t->fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
            log_debug("host %s: bytes for node %u are lost", l->far.name, index);
    }
    g_mutex_unlock(&l->lock);
}

/* It shares no clock with virtual time, but a host that was frozen or whose clock was set is not to
 * be trusted with the rest either. */
static void hear_pulse(Line *l, Reader *r)
{
    int64_t offset = get_i64(r), leap;
    GError *error = NULL;

    if (__builtin_sub_overflow(offset, l->offset, &leap))
        leap = offset < 0 ? INT64_MIN : INT64_MAX;
    if (l->has_offset && (leap > PROTOCOL_JUMP_NS || leap < -PROTOCOL_JUMP_NS)) {
        g_set_error(&error, REMOTE_ERROR, REMOTE_ERROR_LOST, "its clock has jumped by %+.3f s",
                    (double)leap / 1e9);
        line_lose(l, error);
    }
    l->has_offset = true;
    l->offset = offset;
}

static void hear_telling(Line *l, unsigned index, Reader *r)
{
    const Node *n = node_by_index(l, index);
    NodeTelling t;

    if (!telling_get(r, &t))
        return;
    if (n)
        node_relay(n, &t);
    g_free(t.detail);
}

/* What needs nobody else; false: it is somebody's. */
static bool pass_on(Line *l, uint8_t type, Reader *r)
{
    g_autofree char *text = NULL, *line = NULL;
    LogLevel level;
    unsigned index;

    switch (type) {
    case MSG_PULSE:
        hear_pulse(l, r);
        return true;
    case MSG_STUB:
    case MSG_PORT:
        into_tunnel(l, type, r);
        return true;
    case MSG_FELL:
        index = get_u32(r);
        text = get_words(r);
        if (node_by_index(l, index))
            fall_later(l, node_by_index(l, index), text);
        return true;
    case MSG_TOLD:
        index = get_u32(r);
        hear_telling(l, index, r);
        return true;
    case MSG_LOG:
        level = (LogLevel)get_u8(r);
        level = MIN(level, LOG_DEBUG);
        text = get_text(r);
        line = text_line(g_strchomp(text), -1); /* one message, whatever is in it */
        log_write(level, "host %s: %s", l->far.name, line);
        return true;
    default:
        return false;
    }
}

/* Reads what is there. */
static bool receive(Line *l)
{
    GError *error = NULL;
    gssize n;

    if (!l->stream)
        return false;
    n = stream_read(l->stream, inbox_room(l->inbox, READ_CHUNK), READ_CHUNK, &error);
    if (n < 0) {
        g_prefix_error(&error, "the connection is lost: ");
        line_lose(l, error);
        return false;
    }
    if (n > 0) {
        inbox_filled(l->inbox, (gsize)n);
        atomic_fetch_add_explicit(&l->stats.bytes_in, (uint64_t)n, memory_order_relaxed);
        l->last_heard = htime_now();
    }
    return n > 0;
}

/* Sleeps until something comes: bytes, a job, or what the tunnels bring. */
static void wait_for_bytes(Line *l, int timeout_ms)
{
    struct pollfd p[MAX_POLLED];
    eventfd_t value;
    nfds_t n = 0;

    p[n++] = (struct pollfd){.fd = stream_fd(l->stream), .events = POLLIN};
    p[n++] = (struct pollfd){.fd = l->wake_fd, .events = POLLIN};
    g_mutex_lock(&l->lock);
    for (guint i = 0; i < l->tunnels->len && n < MAX_POLLED; i++)
        p[n++] = (struct pollfd){.fd = g_array_index(l->tunnels, Tunnel, i).fd, .events = POLLIN};
    g_mutex_unlock(&l->lock);
    if (poll(p, n, MIN(timeout_ms, PROTOCOL_PULSE_MS)) <= 0)
        return;
    if (p[1].revents)
        eventfd_read(l->wake_fd, &value);
    for (nfds_t i = 2; i < n; i++) {
        if (p[i].revents) {
            line_pump(l);
            break;
        }
    }
}

static void check_silence(Line *l)
{
    GError *error = NULL;

    if (htime_sub(htime_now(), l->last_heard).ns < PROTOCOL_SILENT_MS * NS_PER_MS)
        return;
    g_set_error(&error, REMOTE_ERROR, REMOTE_ERROR_LOST,
                "the connection is lost: nothing was heard for %d s", PROTOCOL_SILENT_MS / 1000);
    line_lose(l, error);
}

bool line_look(Line *l)
{
    while (receive(l))
        ;
    if (l->stream)
        check_silence(l);
    return l->stream != NULL;
}

/* A message that is there already; *type 0: none. */
static bool next_message(Line *l, uint8_t *type, Reader *r)
{
    GError *error = NULL;

    do {
        if (!inbox_next(l->inbox, type, r, &error)) {
            line_lose(l, error);
            return false;
        }
    } while (*type != 0 && pass_on(l, *type, r));
    return l->stream != NULL;
}

bool line_hear_for(Line *l, int timeout_ms, uint8_t *type, Reader *r)
{
    for (bool waited = false;; waited = true) {
        if (!next_message(l, type, r))
            return false;
        if (*type != 0)
            return true;
        if (receive(l))
            continue;
        if (!l->stream)
            return false;
        if (waited)
            return true;
        wait_for_bytes(l, timeout_ms);
        line_pulse(l);
        check_silence(l);
    }
}

bool line_hear(Line *l, uint8_t *type, Reader *r)
{
    do {
        if (!line_hear_for(l, PROTOCOL_PULSE_MS, type, r))
            return false;
        if (*type == 0 && l->leg && l->leg->hurry && atomic_load(l->leg->hurry)) {
            line_lose(l, g_error_new(REMOTE_ERROR, REMOTE_ERROR_LOST,
                                     "its nodes did not reach the next barrier in time"));
            return false;
        }
    } while (*type == 0);
    return true;
}
