/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client-line.c: brings the agent to a TCP connection, before the client's thread exists. The
 * secret goes over the line on which the agent was started, which is authenticated (ssh) or the
 * user's own choice (a command).
 */
#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/remote/client/client-private.h"
#include "controller/remote/line-meet.h"
#include "controller/remote/line-order.h"
#include "controller/remote/stream-tcp.h"

#include <errno.h>
#include <string.h>

#define LOOK_MS 200

static bool interrupted(const AgentClient *c, GError **error)
{
    if (agent_client_stop_requested(c))
        g_set_error(error, NODE_ERROR, NODE_ERROR_INTERRUPTED,
                    "interrupted while its TCP connection was made");
    return *error != NULL;
}

/* False, with an error: the line on which the agent was started has ended, or the user wants an
 * end. */
static bool look(void *data, GError **error)
{
    const AgentClient *c = data;
    GError *why = NULL;
    uint8_t bytes[256];
    gssize n;

    if (!interrupted(c, &why)) {
        n = stream_read(c->stream, bytes, sizeof(bytes), &why);
        if (n > 0)
            g_set_error(&why, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL,
                        "it goes on to talk on the line on which it was started");
    }
    if (!why)
        return true;
    g_propagate_error(error, why);
    return false;
}

static bool read_answer(uint8_t type, Reader *r, unsigned *port, GError **error)
{
    uint32_t number = get_u32(r);
    g_autofree char *why = NULL;

    if (type == MSG_NO) {
        why = get_words(r);
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_REFUSED, "line=tcp: %s", why);
        return false;
    }
    if (type != MSG_OK || !reader_done(r, "line", NULL) || number > UINT16_MAX) {
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL,
                    "line=tcp: it sent no answer that is known");
        return false;
    }
    *port = number;
    return true;
}

/* Sends MSG_LINE and waits for its answer. *port: where the agent listens. */
static bool ask(AgentClient *c, const LineOrder *order, unsigned *port, GError **error)
{
    gsize begun = message_begin(c->out, MSG_LINE);
    HTime start = htime_now();
    uint8_t type = 0;
    Reader r;

    line_order_put(c->out, order);
    message_end(c->out, begun);
    agent_client_send(c);
    while (c->stream && type == 0) {
        if (interrupted(c, error))
            return false;
        if (!agent_client_receive_for(c, LOOK_MS, &type, &r))
            break;
        if (type == 0 && htime_sub(htime_now(), start).ns > PROTOCOL_SILENT_MS * NS_PER_MS) {
            g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "line=tcp: no answer for %d s",
                        PROTOCOL_SILENT_MS / 1000);
            return false;
        }
    }
    if (!c->stream) {
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "line=tcp: %s", c->lost->message);
        return false;
    }
    return read_answer(type, &r, port, error);
}

/* The agent listens. */
static int connect_there(AgentClient *c, LineOrder *order, GError **error)
{
    const AgentClientLine *line = c->params.line;
    const LineLook looking = {stream_fd(c->stream), look, c};
    unsigned port = 0;
    int fd = -1;

    order->address = g_strdup(line->bound);
    if (ask(c, order, &port, error)) {
        fd = line_connect(line->address, port, order->secret, &looking, error);
        c->line = line_name(line->address, port);
    }
    return fd;
}

/* The controller listens. */
static int accept_here(AgentClient *c, LineOrder *order, GError **error)
{
    const AgentClientLine *line = c->params.line;
    const LineLook looking = {stream_fd(c->stream), look, c};
    unsigned port = 0, answered = 0, strangers = 0;
    fd_auto listening = line_listen(line->bound, line->low, line->high, &port, error);
    int fd;

    if (listening < 0)
        return -1;
    order->address = g_strdup(line->address);
    order->low = order->high = port;
    c->line = line_name(line->address, port);
    if (!ask(c, order, &answered, error))
        return -1;
    fd = line_accept(listening, order->secret, &looking, &strangers, error);
    if (strangers > 0)
        log_warn("host %s: %u connections of strangers, who did not know the secret, were refused",
                 c->remote.name, strangers);
    return fd;
}

bool agent_client_change_line(AgentClient *c, GError **error)
{
    const AgentClientLine *line = c->params.line;
    LineOrder order = {.listens = !line->here, .low = line->low, .high = line->high};
    int fd;

    if (!random_bytes(order.secret, sizeof(order.secret))) {
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "no random numbers: %s",
                    g_strerror(errno));
        return false;
    }
    fd = line->here ? accept_here(c, &order, error) : connect_there(c, &order, error);
    line_order_clear(&order);
    if (fd < 0)
        return false;
    c->stream = stream_new_tcp(fd, c->stream);
    c->last_received = htime_now();
    return true;
}
