/* SPDX-License-Identifier: GPL-3.0-or-later */
/* card.c: moves frames between a port and its card (nic.h) at each boundary. */
#include "controller/fabric/card.h"

/* Most frames that wait for a card that takes nothing: as many as QEMU would keep (net/queue.c). */
#define MAX_WAITING 10000

bool card_open(Port *p, VTime now, GError **error)
{
    p->nic = nic_new(p->node, p->card, p->flights, error);
    p->reached = vtime(MAX(p->reached.ns, now.ns));
    return p->nic != NULL;
}

static Flight *flight(const Port *p, unsigned i)
{
    return &g_array_index(p->flights, Flight, i);
}

/* Number of the put frames that are to be there by `now`. */
static unsigned due_by(const Port *p, VTime now)
{
    unsigned n = 0;

    while (n < nic_n_put(p->nic) && flight(p, n)->at.ns <= now.ns)
        n++;
    return n;
}

/* When the guest got the frame: at its own time, or later if the node stood beyond that already;
 * without such a time, at this boundary. */
static VTime when(const Port *p, unsigned i, VTime now)
{
    int64_t us = flight(p, i)->given_us;

    return us ? vtime_sub(vtime(us * NS_PER_US), p->node->epoch) : now;
}

/* Settles the frames that were put. A frame that QEMU took in time is there; any other frame is
 * late and will be there at the next boundary. */
static void settle(Port *p, VTime now)
{
    bool off = !node_is_live(p->node);
    unsigned n = due_by(p, now);

    p->stuck = false;
    if (n == 0)
        return;
    if (!off) {
        n = MIN(n, nic_taken(p->nic));
        p->stuck = n == 0;
    }
    for (unsigned i = 0; i < n; i++)
        port_settle(p, flight(p, i), now, !off, off ? now : when(p, i, now));
    nic_forget(p->nic, n, !off);
    if (off)
        nic_clear(p->nic);
    nic_recall(p->nic);
    for (unsigned i = 0; i < nic_n_put(p->nic); i++)
        flight(p, i)->carried = false;
}

static void collect(Port *p, VTime now)
{
    VTime until = vtime_add(now, p->node->epoch);
    NicSent sent;

    while (nic_next_sent(p->nic, until, &sent)) {
        VTime at = vtime_sub(sent.at, p->node->epoch);

        /* Stamps are whole µs, rounded down. A stamp of the last boundary means that the frame
         * was sent right behind that boundary. */
        if (at.ns <= p->reached.ns)
            at = vtime(p->reached.ns + 1);
        if (!nic_is_line(p->nic)) {
            port_send(p, now, at, sent.data, sent.size);
            continue;
        }
        for (size_t i = 0; i < sent.size; i++)
            port_send(p, now, at, sent.data + i, 1);
    }
}

void card_collect(Port *p, VTime now)
{
    nic_read(p->nic);
    collect(p, now);
    p->reached = vtime(MAX(p->reached.ns, now.ns));
}

/* Settles the frames that the guest has got behind the last boundary: at times of their own, or as
 * its node stands at a boundary that others have not reached. */
static void settle_early(Port *p, VTime now)
{
    unsigned n = node_is_live(p->node) ? MIN(due_by(p, now), nic_taken(p->nic)) : 0;

    for (unsigned i = 0; i < n; i++)
        port_settle(p, flight(p, i), now, true, when(p, i, flight(p, i)->at));
    g_array_remove_range(p->flights, 0, n);
}

void card_close(Port *p, VTime now)
{
    card_collect(p, now);
    settle_early(p, now);
    g_clear_pointer(&p->nic, nic_free);
    p->exact = false;
}

void card_reach(Port *p, VTime now)
{
    collect(p, now);
    settle(p, now);
    p->reached = vtime(MAX(p->reached.ns, now.ns));
}

void card_set_exact(Port *p, bool exact)
{
    if (exact == p->exact)
        return;
    nic_recall(p->nic);
    p->exact = exact;
    p->aim = vtime(0); /* frames that are not settled are already inside QEMU */
    nic_set_exact(p->nic, exact);
}

/* The first whole µs that is not before the frame's due time. A frame that the card had no room
 * for until now gets the next µs. (An idle node may already stand at that µs.) */
static VTime own_time(const Flight *f, VTime now)
{
    return vtime(MAX(vtime_ceil_us(f->due).ns, (vtime_floor_us(now) + 1) * NS_PER_US));
}

/* Queues the frames for a card that takes nothing and has its fill. Frames that are due later
 * wait in their order; frames above MAX_WAITING are lost. */
static void wait_behind(Port *p, VTime now, VTime until)
{
    Flight fresh;

    while (port_next(p, until, &fresh)) {
        unsigned i = p->flights->len;

        if (i >= MAX_WAITING) {
            port_settle(p, &fresh, p->reached, false, now);
            continue;
        }
        while (i > nic_n_put(p->nic) && flight(p, i - 1)->due.ns > fresh.due.ns)
            i--;
        g_array_insert_val(p->flights, i, fresh);
    }
}

/* Frames that find a card full follow at the next boundary. These frames count as carried,
 * unless late frames fill the card. */
void card_fill(Port *p, VTime now, VTime until, VTime quantum)
{
    bool barrier = until.ns % quantum.ns == 0, full_of_late;

    if (!p->exact &&
        (!barrier || (nic_n_put(p->nic) > 0 && p->aim.ns > now.ns && p->aim.ns != until.ns)))
        return;
    if (until.ns <= p->reached.ns)
        return; /* the others are brought there; this card's next boundary is behind it */
    full_of_late = !p->exact && nic_sent(p->nic) > 0 && p->aim.ns <= now.ns;
    p->aim = until;
    for (;;) {
        unsigned n = nic_n_put(p->nic);
        bool waiting = n < p->flights->len;
        VTime head = waiting ? vtime(flight(p, n)->due.ns - 1) : until;
        Flight *f, fresh;

        /* The next frame is the first one that was taken and not put, or was taken back, unless
         * another is due before it. */
        if (port_next(p, vtime(MIN(head.ns, until.ns)), &fresh))
            g_array_insert_val(p->flights, n, fresh);
        else if (!waiting)
            return;
        f = flight(p, n);
        if (f->due.ns > until.ns)
            return;
        f->at = p->exact ? own_time(f, now) : until;
        if (!nic_put(p->nic, vtime_floor_us(vtime_add(f->at, p->node->epoch))))
            break;
        if (f->due.ns <= p->reached.ns && !full_of_late)
            f->carried = true;
    }
    if (p->stuck)
        wait_behind(p, now, until);
}
