/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client-grant.c: sends the segment, grants and the halt to an agent, and waits for the client's
 * turn to do so.
 *
 * A grant must be quick: each thread that has to be woken for it costs more than the message does.
 * So a client that has arrived goes back to its socket at once, and the thread that completes the
 * barrier sends the grants of all clients that have. The sending belongs to `send_lock`.
 */
#include "controller/remote/client/client-private.h"
#include "controller/remote/orders.h"

#include <sys/eventfd.h>

/* --- sending --- */

void agent_client_put_frames(const AgentClient *c, GByteArray *out)
{
    uint32_t count = 0;

    for (guint i = 0; i < c->cards->len; i++)
        count += ((const Port *)c->cards->pdata[i])->due->len;
    put_u32(out, count);
    for (guint i = 0; i < c->cards->len; i++) {
        const Port *p = c->cards->pdata[i];

        for (guint j = 0; j < p->due->len; j++) {
            const Flight *f = &g_array_index(p->due, Flight, j);

            order_frame_put(out, &(OrderFrame){i, f->id, f->due, f->data, f->size});
        }
        g_array_set_size(p->due, 0);
    }
}

/* Counts a grant up to barrier `end`. */
static void count_grant(AgentClient *c, uint64_t end)
{
    end = MIN(end, c->segment->count);
    atomic_fetch_add_explicit(&c->stats.grants, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&c->stats.quanta, end - c->granted, memory_order_relaxed);
    c->granted = end;
}

void agent_client_put_cards(const AgentClient *c, GByteArray *out)
{
    put_u32(out, c->cards->len);
    for (guint i = 0; i < c->cards->len; i++) {
        const Port *p = c->cards->pdata[i];

        order_card_put(out, (OrderCard){i, p->exact, p->own});
    }
}

bool agent_client_send_segment(AgentClient *c)
{
    const Segment *segment = c->segment;
    gsize begun = message_begin(c->out, MSG_SEGMENT);

    segment_order_put(
        c->out, &(SegmentOrder){.moved = c->moved,
                                .now = segment->now,
                                .first = segment->first,
                                .quantum = segment->quantum,
                                .next_barrier = segment->next_barrier,
                                .count = segment->count,
                                .grant_quanta = segment->grant_quanta,
                                .overlap_quanta = segment->overlap_quanta,
                                .brake = segment->brake,
                                .aligned = segment->aligned,
                                .stop_on_exit = segment->stop_on_exit,
                                .moves_cards = segment->cards,
                                .grain_us = segment->grain_us,
                                .exits = segment->exits ? segment->exits->index : ORDER_NOBODY});
    put_u32(c->out, c->which->len);
    for (guint i = 0; i < c->which->len; i++) {
        const Node *n = segment->participants[g_array_index(c->which, unsigned, i)].node;

        order_member_put(c->out, (OrderMember){n->index, n->epoch});
    }
    agent_client_put_cards(c, c->out);
    agent_client_put_frames(c, c->out);
    message_end(c->out, begun);
    count_grant(c, segment->grant_quanta + segment->overlap_quanta);
    return agent_client_send(c);
}

/* Puts what follows the barrier at which all have arrived: the next GRANT, nothing if the whole
 * segment was granted already, or HALT. */
static void put_action(AgentClient *c, BarrierAction action, GByteArray *out)
{
    gsize begun;

    if (action != BARRIER_GRANT) {
        c->others_know = true;
        message_end(out, message_begin(out, MSG_HALT));
        return;
    }
    c->first_k = MIN(c->first_k - 1 + c->segment->grant_quanta, c->segment->count) + 1;
    if (c->granted == c->segment->count)
        return;
    begun = message_begin(out, MSG_GRANT);
    agent_client_put_frames(c, out);
    message_end(out, begun);
    count_grant(c, c->granted + c->segment->grant_quanta);
}

/* --- turns --- */

/* Sends what there is room for; the client's thread sends the rest, or learns why it can't. The
 * caller holds send_lock. */
static void send_at_once(AgentClient *c)
{
    gssize n = c->stream ? c->stream->ops->try_write(c->stream, c->grant->data, c->grant->len) : -1;

    if (n > 0) {
        atomic_fetch_add_explicit(&c->stats.bytes_out, (uint64_t)n, memory_order_relaxed);
        g_byte_array_remove_range(c->grant, 0, (guint)n);
    }
    if (c->grant->len > 0)
        eventfd_write(c->wake_fd, 1);
}

/* Called in the thread of the member that completes the barrier. */
static void act(BarrierAction action, void *data)
{
    AgentClient *c = data;

    g_mutex_lock(&c->send_lock);
    put_action(c, action, c->grant);
    if (c->grant->len > 0)
        send_at_once(c);
    atomic_store(&c->turn_pending, false);
    if (c->turn_awaited) /* signalling costs a system call, whether somebody waits or not */
        g_cond_signal(&c->acted);
    g_mutex_unlock(&c->send_lock);
}

/* Called while the client waits for other hosts, which may take long: sends pulses to the agent,
 * and stops the segment if the client is lost. */
static void on_patience(void *data)
{
    AgentClient *c = data;

    agent_client_pulse(c);
    if (!agent_client_read(c))
        atomic_store(&c->segment->stop, true);
}

SegmentPatience agent_client_patience(AgentClient *c)
{
    return (SegmentPatience){.sleeps = true, .idle = on_patience, .data = c};
}

void agent_client_arrive(AgentClient *c)
{
    SegmentPatience patience = agent_client_patience(c);
    BarrierAction action;

    if (c->stream && c->stream->ops->try_write) {
        c->turn = (SegmentTurn){.act = act, .data = c};
        atomic_store(&c->turn_pending, true);
        action = segment_arrive(c->segment, &c->turn, &patience);
        if (action == BARRIER_WAIT)
            return;
        atomic_store(&c->turn_pending, false);
    } else {
        action = segment_rendezvous(c->segment, BARRIER_EV_ARRIVED, &patience);
    }
    put_action(c, action, c->out);
    if (c->out->len > 0)
        agent_client_send(c);
}

void agent_client_await_turn(AgentClient *c)
{
    if (!c->stream && atomic_load(&c->turn_pending))
        atomic_store(&c->segment->stop, true);
    g_mutex_lock(&c->send_lock);
    c->turn_awaited = true;
    while (atomic_load(&c->turn_pending)) {
        if (g_cond_wait_until(&c->acted, &c->send_lock, g_get_monotonic_time() + G_USEC_PER_SEC))
            continue;
        g_mutex_unlock(&c->send_lock);
        on_patience(c);
        g_mutex_lock(&c->send_lock);
    }
    c->turn_awaited = false;
    g_mutex_unlock(&c->send_lock);
}
