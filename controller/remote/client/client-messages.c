/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client-messages.c: sends and receives messages, carries bytes of the tunnels, and handles a lost
 * connection. A failure of nodes that stand is reported in the main thread.
 */
#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/base/text.h"
#include "controller/qemu/node-event.h"
#include "controller/remote/client/client-private.h"
#include "controller/remote/node-state.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#define READ_CHUNK 65536
#define MAX_POLLED 1600 /* three tunnels for each of SESSION_MAX_NODES, and some more */

/* --- failure --- */

typedef struct {
    AgentClient *client;
    Node *node; /* NULL: all nodes of the client */
    char *why;
    GSource *source; /* the client owns it */
} Failure;

static void fail_node(AgentClient *c, Node *n, const char *why)
{
    if (n->state == NODE_FAILED)
        return;
    node_state_fail(n, c->remote.name, why);
    c->params.on_failure(n, c->params.user);
}

/* Main thread. */
static gboolean on_failure(gpointer data)
{
    Failure *f = data;

    for (guint i = 0; i < f->client->nodes->len; i++)
        if (!f->node || f->node == f->client->nodes->pdata[i])
            fail_node(f->client, f->client->nodes->pdata[i], f->why);
    g_mutex_lock(&f->client->lock);
    g_ptr_array_remove(f->client->failures, f->source);
    g_mutex_unlock(&f->client->lock);
    return G_SOURCE_REMOVE;
}

static void failure_free(gpointer data)
{
    Failure *f = data;

    g_free(f->why);
    g_free(f);
}

/* Makes the main thread fail a node, or with NULL all nodes. */
static void fail_node_later(AgentClient *c, Node *node, const char *why)
{
    Failure *f = g_new0(Failure, 1);

    *f = (Failure){c, node, g_strdup(why), g_idle_source_new()};
    g_source_set_priority(f->source, G_PRIORITY_DEFAULT);
    g_source_set_callback(f->source, on_failure, f, failure_free);
    g_mutex_lock(&c->lock);
    g_ptr_array_add(c->failures, f->source);
    g_source_attach(f->source, NULL);
    g_mutex_unlock(&c->lock);
}

void agent_client_lose(AgentClient *c, GError *error)
{
    g_mutex_lock(&c->lock);
    if (c->lost) {
        g_error_free(error);
        g_mutex_unlock(&c->lock);
        return;
    }
    c->lost = error;
    /* Ends the waits for answers of a stub. */
    for (guint i = 0; i < c->tunnels->len; i++) {
        const Tunnel *t = &g_array_index(c->tunnels, Tunnel, i);

        if (t->type == MSG_STUB)
            shutdown(t->fd, SHUT_RDWR);
    }
    g_mutex_unlock(&c->lock);
    /* The agent ends when its stream ends. */
    g_mutex_lock(&c->send_lock);
    g_clear_pointer(&c->stream, stream_free);
    g_mutex_unlock(&c->send_lock);
    if (c->segment)
        log_warn("host %s: %s: the others are held at the next barrier", c->remote.name,
                 error->message);
    else if (!c->step)
        fail_node_later(c, NULL, error->message);
}

/* --- messages --- */

/* Loses the client after a failed write. Prefers the reason found by reading: bytes that are no
 * message, or how the other side ended. Takes over the error. */
static void lose_connection(AgentClient *c, GError *error)
{
    GError *why = NULL;
    gssize n = 0;
    uint8_t type;
    Reader r;

    while (!why &&
           (n = stream_read(c->stream, inbox_room(c->inbox, READ_CHUNK), READ_CHUNK, &why)) > 0) {
        inbox_filled(c->inbox, (gsize)n);
        while (inbox_next(c->inbox, &type, &r, &why) && type != 0)
            ;
    }
    if (why) {
        g_error_free(error);
        error = why;
    }
    if (!why || n < 0)
        g_prefix_error(&error, "the connection is lost: ");
    agent_client_lose(c, error);
}

/* Writes all of the messages and empties them. */
static bool write_all(const AgentClient *c, GByteArray *messages, GError **error)
{
    bool ok = messages->len == 0 || stream_write(c->stream, messages->data, messages->len, error);

    g_byte_array_set_size(messages, 0);
    return ok;
}

bool agent_client_send(AgentClient *c)
{
    GError *error = NULL;
    bool ok, any;

    if (!c->stream)
        return false;
    atomic_fetch_add_explicit(&c->stats.bytes_out, c->out->len, memory_order_relaxed);
    g_mutex_lock(&c->send_lock);
    any = c->grant->len + c->out->len > 0;
    ok = write_all(c, c->grant, &error) && write_all(c, c->out, &error);
    g_mutex_unlock(&c->send_lock);
    if (!ok) {
        lose_connection(c, error);
        return false;
    }
    if (any)
        c->last_sent = htime_now();
    return true;
}

void agent_client_pulse(AgentClient *c)
{
    gsize begun;

    if (!c->stream || htime_sub(htime_now(), c->last_sent).ns < PROTOCOL_PULSE_MS * NS_PER_MS)
        return;
    begun = message_begin(c->out, MSG_PULSE);
    message_end(c->out, begun);
    agent_client_send(c);
}

static void pump_one(AgentClient *c, Tunnel *t)
{
    char data[16384];
    ssize_t n;
    gsize begun;

    while (t->fd >= 0 && (n = recv(t->fd, data, sizeof(data), MSG_DONTWAIT)) != -1) {
        begun = message_begin(c->out, n > 0 ? t->type : (uint8_t)MSG_STUB_CLOSE);
        put_u32(c->out, t->node->index);
        if (n > 0)
            put_bytes(c->out, data, (gsize)n);
        else
            fd_clear(&t->fd);
        if (n > 0 || t->type == MSG_STUB)
            message_end(c->out, begun);
        else
            g_byte_array_set_size(c->out, (guint)begun);
    }
}

void agent_client_pump(AgentClient *c)
{
    g_mutex_lock(&c->lock);
    for (guint i = c->tunnels->len; i-- > 0;) {
        Tunnel *t = &g_array_index(c->tunnels, Tunnel, i);

        pump_one(c, t);
        if (t->fd < 0)
            g_array_remove_index(c->tunnels, i);
    }
    g_mutex_unlock(&c->lock);
    if (c->out->len > 0)
        agent_client_send(c);
}

static Node *node_by_index(AgentClient *c, unsigned index)
{
    Node *found = NULL;

    g_mutex_lock(&c->lock);
    for (guint i = 0; i < c->nodes->len && !found; i++)
        if (((Node *)c->nodes->pdata[i])->index == index)
            found = c->nodes->pdata[i];
    g_mutex_unlock(&c->lock);
    return found;
}

static void into_tunnel(AgentClient *c, uint8_t type, Reader *r)
{
    unsigned index = get_u32(r);
    gsize size;
    const uint8_t *bytes = get_bytes(r, &size);

    g_mutex_lock(&c->lock);
    for (guint i = 0; bytes && i < c->tunnels->len; i++) {
        const Tunnel *t = &g_array_index(c->tunnels, Tunnel, i);

        if (t->type == type && t->node->index == index &&
            send(t->fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
            log_debug("host %s: bytes for node %u are lost", c->remote.name, index);
    }
    g_mutex_unlock(&c->lock);
}

/* Checks the host's clock for jumps. Virtual time does not depend on this clock, but a host that
 * was frozen, or whose clock was set, can't be trusted in other ways either. */
static void receive_pulse(AgentClient *c, Reader *r)
{
    int64_t offset = get_i64(r), leap;
    GError *error = NULL;

    if (__builtin_sub_overflow(offset, c->offset, &leap))
        leap = offset < 0 ? INT64_MIN : INT64_MAX;
    if (c->has_offset && (leap > PROTOCOL_JUMP_NS || leap < -PROTOCOL_JUMP_NS)) {
        g_set_error(&error, REMOTE_ERROR, REMOTE_ERROR_LOST, "its clock has jumped by %+.3f s",
                    (double)leap / 1e9);
        agent_client_lose(c, error);
    }
    c->has_offset = true;
    c->offset = offset;
}

static void receive_node_event(AgentClient *c, unsigned index, Reader *r)
{
    const Node *n = node_by_index(c, index);
    NodeEvent t;

    if (!node_event_get(r, &t))
        return;
    if (n)
        node_relay_event(n, &t);
    g_free(t.detail);
}

/* Handles a message that no job waits for; false: a job has to handle the message. */
static bool pass_on(AgentClient *c, uint8_t type, Reader *r)
{
    g_autofree char *text = NULL, *line = NULL;
    LogLevel level;
    unsigned index;

    switch (type) {
    case MSG_PULSE:
        receive_pulse(c, r);
        return true;
    case MSG_PING: /* ends a line */
        return true;
    case MSG_STUB:
    case MSG_PORT:
        into_tunnel(c, type, r);
        return true;
    case MSG_NODE_FAILED:
        index = get_u32(r);
        text = get_words(r);
        if (node_by_index(c, index))
            fail_node_later(c, node_by_index(c, index), text);
        return true;
    case MSG_NODE_EVENT:
        index = get_u32(r);
        receive_node_event(c, index, r);
        return true;
    case MSG_LOG:
        level = (LogLevel)get_u8(r);
        level = MIN(level, LOG_DEBUG);
        text = get_text(r);
        line = text_line(g_strchomp(text), -1); /* keeps the message on one line */
        log_write(level, "host %s: %s", c->remote.name, line);
        return true;
    default:
        return false;
    }
}

/* Reads available bytes; false: there were none, or the client is lost. */
static bool receive(AgentClient *c)
{
    GError *error = NULL;
    gssize n;

    if (!c->stream)
        return false;
    n = stream_read(c->stream, inbox_room(c->inbox, READ_CHUNK), READ_CHUNK, &error);
    if (n < 0) {
        g_prefix_error(&error, "the connection is lost: ");
        agent_client_lose(c, error);
        return false;
    }
    if (n > 0) {
        inbox_filled(c->inbox, (gsize)n);
        atomic_fetch_add_explicit(&c->stats.bytes_in, (uint64_t)n, memory_order_relaxed);
        c->last_received = htime_now();
    }
    return n > 0;
}

/* Sleeps until bytes come, a job comes, or tunnels have bytes; sends the latter. */
static void wait_for_bytes(AgentClient *c, int timeout_ms)
{
    struct pollfd p[MAX_POLLED];
    eventfd_t value;
    nfds_t n = 0;

    p[n++] = (struct pollfd){.fd = stream_fd(c->stream), .events = POLLIN};
    p[n++] = (struct pollfd){.fd = c->wake_fd, .events = POLLIN};
    g_mutex_lock(&c->lock);
    for (guint i = 0; i < c->tunnels->len && n < MAX_POLLED; i++)
        p[n++] = (struct pollfd){.fd = g_array_index(c->tunnels, Tunnel, i).fd, .events = POLLIN};
    g_mutex_unlock(&c->lock);
    if (poll(p, n, MIN(timeout_ms, PROTOCOL_PULSE_MS)) <= 0)
        return;
    if (p[1].revents) {
        eventfd_read(c->wake_fd, &value);
        agent_client_send(c); /* the rest of a grant, if there is one */
    }
    for (nfds_t i = 2; i < n; i++) {
        if (p[i].revents) {
            agent_client_pump(c);
            break;
        }
    }
}

/* A thread that has not looked for long was stopped itself, perhaps with its agents, as by Slurm's
 * `scontrol suspend`: from then on the silence counts. */
static void check_silence(AgentClient *c)
{
    HTime now = htime_now();
    GError *error = NULL;

    if (htime_sub(now, c->looked).ns > PROTOCOL_STOPPED_MS * NS_PER_MS)
        c->last_received = now;
    c->looked = now;
    if (htime_sub(htime_now(), c->last_received).ns < PROTOCOL_SILENT_MS * NS_PER_MS)
        return;
    g_set_error(&error, REMOTE_ERROR, REMOTE_ERROR_LOST,
                "the connection is lost: nothing was heard for %d s", PROTOCOL_SILENT_MS / 1000);
    agent_client_lose(c, error);
}

bool agent_client_read(AgentClient *c)
{
    while (receive(c))
        ;
    if (c->stream)
        check_silence(c);
    return c->stream != NULL;
}

/* The next message in the inbox that a job has to handle; *type 0: there is none. */
static bool next_message(AgentClient *c, uint8_t *type, Reader *r)
{
    GError *error = NULL;

    do {
        if (!inbox_next(c->inbox, type, r, &error)) {
            agent_client_lose(c, error);
            return false;
        }
    } while (*type != 0 && pass_on(c, *type, r));
    return c->stream != NULL;
}

bool agent_client_receive_for(AgentClient *c, int timeout_ms, uint8_t *type, Reader *r)
{
    for (bool waited = false;; waited = true) {
        if (!next_message(c, type, r))
            return false;
        if (*type != 0)
            return true;
        if (receive(c))
            continue;
        if (!c->stream)
            return false;
        if (waited)
            return true;
        wait_for_bytes(c, timeout_ms);
        agent_client_pulse(c);
        check_silence(c);
    }
}

bool agent_client_receive(AgentClient *c, uint8_t *type, Reader *r)
{
    do {
        if (!agent_client_receive_for(c, PROTOCOL_PULSE_MS, type, r))
            return false;
        if (*type == 0 && c->segment && c->segment->hurry && atomic_load(c->segment->hurry) &&
            !atomic_load(&c->turn_pending)) {
            agent_client_lose(c, g_error_new(REMOTE_ERROR, REMOTE_ERROR_LOST,
                                             "its nodes did not reach the next barrier in time"));
            return false;
        }
    } while (*type == 0);
    return true;
}
