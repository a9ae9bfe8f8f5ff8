/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent-bytes.c: reads and writes the agent's bytes. One thread at a time is the reader: the main
 * thread, or in a segment the worker that completes the barrier. The pulse thread reads only what
 * no reader reads for a while.
 */
#include "controller/base/text.h"
#include "controller/remote/agent/agent-private.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define READ_CHUNK 65536
/* Longest spin of a worker that waits for a grant, and that of one that usually waits longer. */
#define SPIN_LONG_NS  INT64_C(500000)
#define SPIN_SHORT_NS INT64_C(20000)

#define ASIDE 512 /* so many unread bytes at two pulses are put aside */

void agent_die(const char *why)
{
    g_autofree char *line = text_line(why, -1);

    fprintf(stderr, "metronome agent: %s\n", line);
    /* The kernel kills QEMUs with the thread that started them; the janitor removes the rest. */
    _exit(3);
}

/* Writes the message; the caller holds lock. reads: the caller is the reader and reads meanwhile,
 * so that a controller that is blocked in a write of its own can go on. */
static void write_all(Agent *a, GByteArray *message, bool reads)
{
    struct pollfd p[] = {{.fd = a->out, .events = POLLOUT}, {.fd = a->in, .events = POLLIN}};
    HTime moved = htime_now();
    gsize done = 0;

    if (a->by_lines)
        message_end(message, message_begin(message, MSG_PING));
    while (done < message->len) {
        ssize_t n = write(a->out, message->data + done, message->len - done);

        if (n > 0) {
            done += (gsize)n;
            moved = htime_now();
            continue;
        }
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            agent_die("the controller is gone");
        if (htime_sub(htime_now(), moved).ns > PROTOCOL_SILENT_MS * NS_PER_MS)
            agent_die("the controller takes nothing");
        poll(p, reads ? 2 : 1, PROTOCOL_PULSE_MS);
        if (reads && p[1].revents)
            agent_receive(a, 0);
    }
    g_byte_array_set_size(message, 0);
}

void agent_write_locked(Agent *a, GByteArray *message)
{
    write_all(a, message, false);
}

void agent_send(Agent *a, GByteArray *message)
{
    g_mutex_lock(&a->lock);
    write_all(a, message, false);
    g_mutex_unlock(&a->lock);
}

void agent_send_reading(Agent *a, GByteArray *message)
{
    g_mutex_lock(&a->lock);
    write_all(a, message, true);
    g_mutex_unlock(&a->lock);
}

/* Reads available bytes; the caller holds in_lock. */
static bool read_some(Agent *a, uint8_t *room, gsize size, gsize *got)
{
    ssize_t n = read(a->in, room, size);

    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        agent_die("the controller is gone");
    *got = (gsize)MAX(n, 0);
    if (n > 0)
        atomic_store(&a->last_received, htime_now().ns);
    return n > 0;
}

/* Moves the bytes that were put aside to the inbox: they come before bytes that are unread. The
 * caller holds in_lock. */
static bool move_aside(Agent *a)
{
    gsize size = a->aside->len;

    if (size == 0)
        return false;
    memcpy(inbox_room(a->inbox, size), a->aside->data, size);
    inbox_filled(a->inbox, size);
    g_byte_array_set_size(a->aside, 0);
    return true;
}

/* Reads what is there; false: nothing. */
static bool receive_now(Agent *a)
{
    bool any;
    gsize got;

    g_mutex_lock(&a->in_lock);
    any = move_aside(a);
    if (read_some(a, inbox_room(a->inbox, READ_CHUNK), READ_CHUNK, &got)) {
        inbox_filled(a->inbox, got);
        any = true;
    }
    a->was_read = true;
    g_mutex_unlock(&a->in_lock);
    return any;
}

void agent_receive(Agent *a, int timeout_ms)
{
    struct pollfd p = {.fd = a->in, .events = POLLIN};

    if (poll(&p, 1, timeout_ms) > 0)
        receive_now(a);
}

/*
 * To be woken costs 50 to 100 µs on a virtual machine, and the worker has nothing else to run. Only
 * with a connection of its own: an ssh server has to have the CPU. Threads of the same priority on
 * this CPU, such as a controller's on the same machine, get it by the yields.
 */
void agent_receive_soon(Agent *a)
{
    HTime start = htime_now();
    int64_t budget = atomic_load(&a->launcher_in) < 0  ? 0
                     : a->usual_wait_ns < SPIN_LONG_NS ? SPIN_LONG_NS
                                                       : SPIN_SHORT_NS;
    int64_t waited = 0;

    while (waited < budget) {
        if (receive_now(a))
            break;
        sched_yield();
        waited = htime_sub(htime_now(), start).ns;
    }
    if (waited >= budget)
        agent_receive(a, -1);
    waited = htime_sub(htime_now(), start).ns;
    a->usual_wait_ns += (waited - a->usual_wait_ns) / 8;
}

void agent_next(Agent *a, uint8_t *type, Reader *r)
{
    g_autoptr(GError) error = NULL;
    bool more = true;

    do {
        if (!inbox_next(a->inbox, type, r, &error))
            agent_die(error->message);
        if (*type != 0)
            return;
        g_mutex_lock(&a->in_lock);
        more = move_aside(a);
        g_mutex_unlock(&a->in_lock);
    } while (more);
}

/* Notes when bytes arrive, and puts unread bytes aside. During a request, a step or a long quantum
 * no thread reads: the pipe must keep room for the controller's next pulse. */
void agent_read_ahead(Agent *a)
{
    int waiting = 0;
    gsize size, got;

    if (ioctl(a->in, FIONREAD, &waiting) == 0 && waiting != a->waiting)
        atomic_store(&a->last_received, htime_now().ns);
    g_mutex_lock(&a->in_lock);
    if (waiting >= ASIDE && a->waiting >= ASIDE && !a->was_read) {
        size = a->aside->len;
        g_byte_array_set_size(a->aside, (guint)(size + READ_CHUNK));
        read_some(a, a->aside->data + size, READ_CHUNK, &got);
        g_byte_array_set_size(a->aside, (guint)(size + got));
        waiting = 0;
    }
    a->was_read = false;
    g_mutex_unlock(&a->in_lock);
    a->waiting = waiting;
}
