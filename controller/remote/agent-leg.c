/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent-leg.c: the agent's part in legs: its lanes run the quanta of a grant by themselves; at the
 * grant's end the one that came last tells the controller and waits for the next, in its own
 * thread, so that nobody has to be woken in between.
 */
#include "controller/base/log.h"
#include "controller/engine/debug.h"
#include "controller/remote/agent-private.h"
#include "controller/remote/outcome.h"

#include <string.h>
#include <unistd.h>

static void on_reach(Leg *leg, uint64_t k, void *data)
{
    agent_reach_cards(data, leg_boundary(leg, k));
}

static void on_fill(Leg *leg, uint64_t k, void *data)
{
    agent_move_islands(data, leg_boundary(leg, k));
    agent_fill_cards(data, leg_boundary(leg, k), leg_boundary(leg, k + 1));
}

/* --- consoles --- */

/* In the lane of the node. */
static void on_console(const void *bytes, gsize size, VTime until, void *data)
{
    AgentNode *n = data;

    put_i64(n->console, until.ns);
    put_bytes(n->console, bytes, size);
}

void agent_hear_console(AgentNode *n)
{
    if (n->node->console)
        console_pass_on(n->node->console, on_console, n);
}

static void tell_consoles(Agent *a)
{
    for (unsigned i = 0; i < a->members->len; i++) {
        AgentNode *n = a->members->pdata[i];
        Reader r = {n->console->data, n->console->data + n->console->len, false};

        while (r.at < r.end) {
            VTime until = vtime(get_i64(&r));
            gsize size;
            const uint8_t *bytes = get_bytes(&r, &size);

            news_console(&a->news, i, until, bytes, size);
        }
        g_byte_array_set_size(n->console, 0);
    }
}

/* --- a leg --- */

/* The controller's word: true to go on. */
static bool hear_grant(Agent *a)
{
    for (;;) {
        uint8_t type;
        Reader r;

        agent_next(a, &type, &r);
        switch (type) {
        case 0:
            agent_receive(a, -1);
            break;
        case MSG_GRANT:
            agent_take_frames(a, &r);
            if (r.bad)
                agent_die("a malformed grant");
            return true;
        case MSG_HALT:
            return false;
        case MSG_TYPE:
        case MSG_PORT:
            agent_take_bytes(a, type, &r);
            break;
        case MSG_PULSE:
        case MSG_CANCEL:
            break;
        default:
            agent_die("a message that has no place in a leg");
        }
    }
}

static void tell_news(Agent *a, uint64_t k, bool stop)
{
    gsize begun = message_begin(a->reached, MSG_NEWS);

    tell_consoles(a);
    news_put(&a->news, k, stop ? NEWS_WANTS_STOP : 0, htime_now(), a->reached);
    message_end(a->reached, begun);
    agent_send_reading(a, a->reached);
}

/* In the lane that came last, the others waiting. */
static void on_barrier(Leg *leg, uint64_t k, void *data)
{
    Agent *a = data;
    bool stop = leg_wants_stop(leg);

    news_quantum(&a->news);
    for (unsigned i = 0; i < a->slots->len; i++) {
        const Slot *s = &g_array_index(a->slots, Slot, i);

        bool moved = s->arrived.ns >= leg->granted.ns;

        news_mark(&a->news, moved ? s->stamp_us : -1, moved ? s->arrived : (HTime){0});
    }
    if (k == leg->count)
        return;
    if (k % a->stride == 0)
        tell_news(a, k, stop);
    if (k < a->granted)
        return;
    if (hear_grant(a))
        a->granted = MIN(a->granted + a->stride, leg->count);
    else
        atomic_store(&leg->stop, true);
}

static void forget_stats(NodeStats *stats)
{
    dist_clear(&stats->overshoot);
    dist_clear(&stats->idle_skip);
    *stats = (NodeStats){0};
}

/* What the guests' own agents have said. */
static void tell_ports(Agent *a)
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

static void on_leg_done(void *data)
{
    Agent *a = data;
    bool broke = atomic_load(&a->leg.broke);
    gsize begun;

    tell_ports(a);
    tell_consoles(a);
    begun = message_begin(a->made, MSG_LEG_OVER);
    news_put(&a->news, atomic_load(&a->leg.k), leg_wants_stop(&a->leg) ? NEWS_WANTS_STOP : 0,
             htime_now(), a->made);
    put_u8(a->made, broke);
    put_u32(a->made, a->members->len);
    for (unsigned i = 0; i < a->members->len; i++) {
        AgentNode *n = a->members->pdata[i];

        outcome_put(a->made, n->node, &n->stats);
        forget_stats(&n->stats);
    }
    put_u32(a->made, a->cards->len);
    for (unsigned i = 0; i < a->cards->len; i++) {
        put_u32(a->made, i);
        put_u8(a->made, nic_sent(((AgentCard *)a->cards->pdata[i])->card->nic) > 0);
    }
    message_end(a->made, begun);
    agent_send(a, a->made);
    a->in_leg = false;
    node_watch_hold(a->watch, false);
    agent_listen(a, true);
}

static void take_members(Agent *a, Reader *r)
{
    uint32_t count = get_count(r, 12);

    g_array_set_size(a->slots, 0);
    g_ptr_array_set_size(a->members, 0);
    for (uint32_t i = 0; i < count && !r->bad; i++) {
        unsigned index = get_u32(r);
        VTime epoch = vtime(get_i64(r));
        AgentNode *n = agent_node(a, index, NULL);
        Slot slot;

        if (!n)
            agent_die("a leg with a node that is not there");
        n->node->epoch = epoch;
        slot = (Slot){.node = n->node, .stats = &n->stats, .stamp_us = -1};
        g_array_append_val(a->slots, slot);
        g_ptr_array_add(a->members, n);
    }
    agent_take_cards(a, r);
}

void agent_leg(Agent *a, Reader *r)
{
    Leg *leg = &a->leg;
    VTime moved = vtime(get_i64(r)), now = vtime(get_i64(r));
    uint32_t exits;
    bool cards;

    memset(leg, 0, sizeof(*leg));
    leg->first = vtime(get_i64(r));
    leg->quantum = vtime(get_i64(r));
    leg->count = get_u64(r);
    a->stride = get_u32(r);
    a->granted = a->stride;
    a->granted += get_u32(r);
    a->granted = MIN(a->granted, leg->count);
    leg->brake = get_u8(r) != 0;
    leg->max_skip_us = get_i64(r);
    leg->on_grid = get_u8(r) != 0;
    leg->next_barrier = vtime(get_i64(r));
    leg->stop_on_exit = get_u8(r) != 0;
    exits = get_u32(r);
    cards = get_u8(r) != 0;
    agent_move_islands(a, moved);
    take_members(a, r);
    agent_take_frames(a, r);
    if (!reader_done(r, "leg", NULL) || a->slots->len == 0 || leg->quantum.ns <= 0 ||
        leg->count == 0 || a->stride == 0)
        agent_die("a malformed leg");
    if (leg->quantum.ns != a->quantum.ns)
        agent_take_back(a);
    a->quantum = leg->quantum;
    leg->slots = (Slot *)(void *)a->slots->data;
    leg->n_slots = a->slots->len;
    for (guint i = 0; i < leg->n_slots; i++)
        if (leg->slots[i].node->index == exits)
            leg->exits = leg->slots[i].node;
    leg->on_barrier = on_barrier;
    leg->data = a;
    if (cards) {
        agent_fill_cards(a, now, leg->first);
        leg->reach = on_reach;
        leg->fill = on_fill;
    }
    leg->now = now;
    a->in_leg = true;
    node_watch_hold(a->watch, true);
    agent_listen(a, false);
    host_run_leg(a->host, leg, on_leg_done, a);
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
    g_clear_error(&a->step.error);
    outcome_put(a->made, n->node, &n->stats);
    forget_stats(&n->stats);
    message_end(a->made, begun);
    a->in_step = false;
    node_watch_hold(a->watch, false);
    agent_send(a, a->made);
}

void agent_step(Agent *a, Reader *r)
{
    AgentNode *n = agent_node(a, get_u32(r), NULL);

    if (!n || a->in_step)
        agent_die("a step that can't be");
    n->node->epoch = vtime(get_i64(r));
    a->step = (StepRequest){.node = n->node, .cancel = &a->cancel};
    a->step.by_icount = get_u8(r) != 0;
    a->step.icount = (Insns){get_i64(r)};
    a->step.time = vtime(get_i64(r));
    a->step.manner = (StepManner)get_u32(r);
    a->step.vcpu = (int)get_i64(r);
    a->step.grain_us = get_i64(r);
    a->step.fence_us = get_i64(r);
    if (!reader_done(r, "step", NULL))
        agent_die("a malformed step");
    atomic_store(&a->cancel, false);
    a->in_step = true;
    node_watch_hold(a->watch, true);
    host_step(a->host, &a->step, on_step_done, a);
}
