/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent-line.c: goes over from the line on which the agent was started to a TCP connection. The
 * connection takes over the numbers of the old descriptors, so no other part notices. The old line
 * is kept: its end is the agent's end.
 */
#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/qemu/node.h"
#include "controller/remote/agent/agent-private.h"
#include "controller/remote/line-meet.h"
#include "controller/remote/line-order.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

/* Whether the old line has ended. Pulses that come there until the controller is at the other end
 * of the connection are dropped. */
static bool has_ended(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char data[1024];

    return poll(&p, 1, 0) > 0 && read(fd, data, sizeof(data)) == 0;
}

bool agent_launcher_ended(const Agent *a)
{
    int fd = atomic_load(&a->launcher_in);

    return fd >= 0 && has_ended(fd);
}

static void put_answer(Agent *a, unsigned port, const GError *why)
{
    gsize begun = message_begin(a->made, why ? MSG_NO : MSG_OK);

    put_u32(a->made, why ? NODE_ERROR_SYSTEM : port);
    if (why)
        put_text(a->made, why->message);
    message_end(a->made, begun);
}

static bool look(void *data, GError **error)
{
    const Agent *a = data;
    if (!has_ended(a->in))
        return true;
    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "the controller has given up");
    return false;
}

/* Puts the connection in the place of the old line. The caller holds lock. */
static void replace(Agent *a, int fd)
{
    int in = fcntl(a->in, F_DUPFD_CLOEXEC, 3);

    a->launcher_out = fcntl(a->out, F_DUPFD_CLOEXEC, 3);
    g_mutex_lock(&a->in_lock);
    if (in < 0 || a->launcher_out < 0 || dup3(fd, a->in, O_CLOEXEC) < 0 ||
        dup3(fd, a->out, O_CLOEXEC) < 0)
        agent_die(g_strerror(errno));
    g_mutex_unlock(&a->in_lock);
    a->by_lines = false;
    atomic_store(&a->launcher_in, in);
    atomic_store(&a->last_received, htime_now().ns);
}

void agent_take_line(Agent *a, Reader *r)
{
    g_autoptr(GError) error = NULL;
    const LineLook looking = {a->in, look, a};
    fd_auto listening = -1, fd = -1;
    unsigned port = 0, strangers = 0;
    LineOrder o;

    if (!line_order_get(r, &o, &error))
        agent_die(error->message);
    if (atomic_load(&a->launcher_in) >= 0 || a->nodes->len > 0)
        agent_die("a line in the midst of a session");
    if (o.listens)
        listening = line_listen(o.address, o.low, o.high, &port, &error);
    put_answer(a, port, error);
    g_mutex_lock(&a->lock); /* no thread sends anything more on the old line */
    agent_write_locked(a, a->made);
    if (!error)
        fd = o.listens ? line_accept(listening, o.secret, &looking, &strangers, &error)
                       : line_connect(o.address, o.low, o.secret, &looking, &error);
    if (fd >= 0)
        replace(a, fd);
    g_mutex_unlock(&a->lock);
    line_order_clear(&o);
    if (fd < 0)
        agent_die(error->message);
    if (strangers > 0)
        log_warn("%u connections of strangers, who did not know the secret, were refused",
                 strangers);
}
