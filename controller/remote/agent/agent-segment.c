/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent-segment.c: the agent's part in segments and steps. The workers run the quanta of a grant by
 * themselves. At the end of the grant the worker that arrives last sends the REPORT and waits for
 * the next GRANT in its own thread, so that no other thread has to be woken in between.
 */
#include "controller/base/log.h"
#include "controller/engine/rest.h"
#include "controller/qemu/debug.h"
#include "controller/qemu/ending.h"
#include "controller/remote/agent/agent-private.h"
#include "controller/remote/node-state.h"
#include "controller/remote/orders.h"

#include <string.h>
#include <unistd.h>

/* --- consoles --- */

/* Called in the worker of the node. */
static void on_console(const void *bytes, gsize size, VTime until, void *data)
{
    AgentNode *n = data;

    put_i64(n->console, until.ns);
    put_bytes(n->console, bytes, size);
}

void agent_read_console(AgentNode *n)
{
    if (n->node->console)
        console_pass_on(n->node->console, on_console, n);
}

void agent_report_consoles(Agent *a)
{
    for (unsigned i = 0; i < a->members->len; i++) {
        AgentNode *n = a->members->pdata[i];
        Reader r = reader_of(n->console);

        while (r.at < r.end) {
            VTime until = vtime(get_i64(&r));
            gsize size;
            const uint8_t *bytes = get_bytes(&r, &size);

            grant_report_console(&a->report, i, until, bytes, size);
        }
        g_byte_array_set_size(n->console, 0);
    }
}

/* --- a segment --- */

/* Waits for GRANT or HALT; true: GRANT. */
static bool receive_grant(Agent *a)
{
    for (;;) {
        uint8_t type;
        Reader r;

        agent_next(a, &type, &r);
        switch (type) {
        case 0:
            agent_receive_soon(a);
            break;
        case MSG_GRANT:
            agent_receive_grant(a, &r);
            return true;
        case MSG_HALT:
            return false;
        case MSG_TYPE:
        case MSG_PORT:
            agent_receive_bytes(a, type, &r);
            break;
        case MSG_PULSE:
        case MSG_CANCEL:
            break;
        default:
            agent_die("a message that has no place in a segment");
        }
    }
}

static void send_grant_report(Agent *a, uint64_t k, bool stop)
{
    gsize begun = message_begin(a->reached, MSG_REPORT);

    agent_report_consoles(a);
    agent_report_cards(a);
    grant_report_put(&a->report, k, stop ? GRANT_REPORT_WANTS_STOP : 0, htime_now(), a->reached);
    message_end(a->reached, begun);
    agent_send_reading(a, a->reached);
}

/* Called in the worker that completes the barrier; the other workers wait. */
static void on_barrier(Segment *segment, uint64_t k, void *data)
{
    Agent *a = data;
    bool stop = segment_wants_stop(segment);

    grant_report_quantum(&a->report);
    for (unsigned i = 0; i < a->participants->len; i++) {
        const Participant *s = &g_array_index(a->participants, Participant, i);

        bool moved = s->arrived.ns >= segment->granted.ns;

        grant_report_mark(&a->report, moved ? s->stamp_us : -1, moved ? s->arrived : (HTime){0});
    }
    if (k == segment->count)
        return;
    if (k % a->grant_quanta == 0)
        send_grant_report(a, k, stop);
    if (k < a->granted)
        return;
    if (receive_grant(a))
        a->granted = MIN(a->granted + a->grant_quanta, segment->count);
    else
        atomic_store(&segment->stop, true);
}

static void forget_stats(NodeStats *stats)
{
    dist_clear(&stats->overshoot);
    dist_clear(&stats->idle_skip);
    *stats = (NodeStats){0};
}

/* Sends the bytes that the guest agents have written. */
static void send_port_bytes(Agent *a)
{
    for (unsigned i = 0; i < a->members->len; i++) {
        const Node *n = ((AgentNode *)a->members->pdata[i])->node;
        char data[4096];
        ssize_t size;
        gsize begun;

        while (n->agent_fd >= 0 && (size = read(n->agent_fd, data, sizeof(data))) > 0) {
            begun = message_begin(a->made, MSG_PORT);
            put_u32(a->made, n->index);
            put_bytes(a->made, data, (gsize)size);
            message_end(a->made, begun);
            agent_send(a, a->made);
        }
    }
}

static void on_segment_done(void *data)
{
    Agent *a = data;
    bool broke = atomic_load(&a->segment.broke);
    gsize begun;

    send_port_bytes(a);
    agent_report_consoles(a);
    agent_report_cards(a);
    begun = message_begin(a->made, MSG_SEGMENT_OVER);
    grant_report_put(&a->report, atomic_load(&a->segment.k),
                     segment_wants_stop(&a->segment) ? GRANT_REPORT_WANTS_STOP : 0, htime_now(),
                     a->made);
    put_u8(a->made, broke);
    put_u32(a->made, a->members->len);
    for (unsigned i = 0; i < a->members->len; i++) {
        AgentNode *n = a->members->pdata[i];

        rest_settle(n->node);
        node_state_put(a->made, n->node, &n->stats);
        forget_stats(&n->stats);
    }
    put_u32(a->made, fabric_n_ports(a->fabric));
    for (unsigned i = 0; i < fabric_n_ports(a->fabric); i++) {
        put_u32(a->made, i);
        put_u8(a->made, port_in_flight(fabric_port(a->fabric, i)));
    }
    message_end(a->made, begun);
    agent_send(a, a->made);
    a->in_segment = false;
    node_watch_hold(a->watch, false);
    agent_listen(a, true);
}

static void read_members(Agent *a, Reader members)
{
    OrderMember m;

    g_array_set_size(a->participants, 0);
    g_ptr_array_set_size(a->members, 0);
    while (order_next_member(&members, &m)) {
        AgentNode *n = agent_node(a, m.node, NULL);
        Participant participant;

        if (!n)
            agent_die("a segment with a node that is not there");
        n->node->epoch = m.epoch;
        participant = (Participant){.node = n->node, .stats = &n->stats, .stamp_us = -1};
        g_array_append_val(a->participants, participant);
        g_ptr_array_add(a->members, n);
    }
}

static void prepare(Agent *a, const SegmentOrder *o)
{
    Segment *segment = &a->segment;

    memset(segment, 0, sizeof(*segment));
    segment->first = o->first;
    segment->quantum = o->quantum;
    segment->count = o->count;
    segment->brake = o->brake;
    segment->grain_us = o->grain_us;
    segment->aligned = o->aligned;
    segment->next_barrier = o->next_barrier;
    segment->stop_on_exit = o->stop_on_exit;
    segment->now = o->now;
    segment->participants = (Participant *)(void *)a->participants->data;
    segment->n_participants = a->participants->len;
    for (guint i = 0; i < segment->n_participants; i++)
        if (segment->participants[i].node->index == o->exits)
            segment->exits = segment->participants[i].node;
    a->grant_quanta = o->grant_quanta;
    a->granted = MIN((uint64_t)o->grant_quanta + o->overlap_quanta, segment->count);
}

void agent_segment(Agent *a, Reader *r)
{
    g_autoptr(GError) error = NULL;
    Segment *segment = &a->segment;
    SegmentOrder order;

    if (!segment_order_get(r, &order, &error))
        agent_die(error->message);
    read_members(a, order.members);
    agent_receive_network(a, order.moved, order.cards, order.frames, order.quantum);
    prepare(a, &order);
    segment->on_barrier = on_barrier;
    segment->data = a;
    if (order.moves_cards) {
        fabric_fill(a->fabric, segment->now, segment->first);
        segment->fabric = segment->aligned ? a->fabric : NULL;
    }
    a->in_segment = true;
    node_watch_hold(a->watch, true);
    agent_listen(a, false);
    local_host_run_segment(a->host, segment, on_segment_done, a);
}

/* --- steps --- */

static void on_step_done(void *data)
{
    Agent *a = data;
    AgentNode *n = agent_node(a, a->step.node->index, NULL);
    bool failed =
        a->step.error && !node_lose(n->node, a->step.error, true, node_ensemble_time(n->node));
    gsize begun = message_begin(a->made, MSG_STEPPED);

    put_u8(a->made, a->step.asleep);
    put_u8(a->made, a->step.hit);
    put_text(a->made, failed ? a->step.error->message : "");
    put_bytes(a->made, n->console->data, n->console->len);
    g_byte_array_set_size(n->console, 0);
    g_clear_error(&a->step.error);
    node_state_put(a->made, n->node, &n->stats);
    forget_stats(&n->stats);
    message_end(a->made, begun);
    a->in_step = false;
    node_watch_hold(a->watch, false);
    agent_send(a, a->made);
}

void agent_serve_cards(Agent *a, Reader *r)
{
    g_autoptr(GError) error = NULL;
    CardsOrder order;

    if (a->in_step)
        agent_die("cards in the middle of a step");
    if (!cards_order_get(r, &order, &error))
        agent_die(error->message);
    agent_receive_network(a, order.moved, order.cards, order.frames, order.quantum);
    fabric_fill(a->fabric, order.now, order.until);
}

void agent_step(Agent *a, Reader *r)
{
    g_autoptr(GError) error = NULL;
    StepRequest step = {.cancel = &a->cancel};
    unsigned index;
    AgentNode *n;
    VTime epoch;

    if (!step_order_get(r, &index, &epoch, &step, &error))
        agent_die(error->message);
    n = agent_node(a, index, NULL);
    if (!n || a->in_step || step.vcpu >= (int)n->node->vcpus->len)
        agent_die("a step that can't be");
    n->node->epoch = epoch;
    step.node = n->node;
    a->step = step;
    atomic_store(&a->cancel, false);
    a->in_step = true;
    node_watch_hold(a->watch, true);
    local_host_step(a->host, &a->step, on_step_done, a);
}
