/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * line-leg.c: another host's part in legs and steps. The line is a member of the leg (leg.h): it
 * arrives when the agent's news have come, and what all are to do then goes back as the next grant.
 */
#include "controller/qemu/debug.h"
#include "controller/remote/client/line-private.h"
#include "controller/remote/orders.h"
#include "controller/remote/outcome.h"

#include <inttypes.h>

static unsigned slot_of(const Line *l, unsigned i)
{
    return g_array_index(l->which, unsigned, i);
}

static Slot *my_slot(const Line *l, unsigned i)
{
    return &l->leg->slots[slot_of(l, i)];
}

/* --- saying --- */

/* The frames that are due in the grant that begins. */
static void put_frames(Line *l)
{
    uint32_t count = 0;

    for (guint i = 0; i < l->cards->len; i++)
        count += ((const Port *)l->cards->pdata[i])->due->len;
    put_u32(l->out, count);
    for (guint i = 0; i < l->cards->len; i++) {
        const Port *p = l->cards->pdata[i];

        for (guint j = 0; j < p->due->len; j++) {
            const Flight *f = &g_array_index(p->due, Flight, j);

            order_frame_put(l->out, &(OrderFrame){i, f->id, f->due, f->data, f->size});
        }
        g_array_set_size(p->due, 0);
    }
}

static void count_grant(Line *l, uint64_t end)
{
    end = MIN(end, l->leg->count);
    atomic_fetch_add_explicit(&l->stats.grants, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&l->stats.quanta, end - l->granted, memory_order_relaxed);
    l->granted = end;
}

static void put_cards(Line *l)
{
    put_u32(l->out, l->cards->len);
    for (guint i = 0; i < l->cards->len; i++) {
        const Port *p = l->cards->pdata[i];

        order_card_put(l->out, (OrderCard){i, p->exact, p->own});
    }
}

static bool say_leg(Line *l)
{
    const Leg *leg = l->leg;
    gsize begun = message_begin(l->out, MSG_LEG);

    leg_order_put(l->out, &(LegOrder){.moved = l->moved,
                                      .now = leg->now,
                                      .first = leg->first,
                                      .quantum = leg->quantum,
                                      .next_barrier = leg->next_barrier,
                                      .count = leg->count,
                                      .stride = leg->stride,
                                      .lead = leg->lead,
                                      .brake = leg->brake,
                                      .on_grid = leg->on_grid,
                                      .stop_on_exit = leg->stop_on_exit,
                                      .moves_cards = leg->cards,
                                      .max_skip_us = leg->max_skip_us,
                                      .exits = leg->exits ? leg->exits->index : ORDER_NOBODY});
    put_u32(l->out, l->which->len);
    for (guint i = 0; i < l->which->len; i++) {
        const Node *n = my_slot(l, i)->node;

        order_member_put(l->out, (OrderMember){n->index, n->epoch});
    }
    put_cards(l);
    put_frames(l);
    message_end(l->out, begun);
    count_grant(l, leg->stride + leg->lead);
    return line_send(l);
}

/* Behind barrier k. */
static bool say_grant(Line *l, uint64_t k)
{
    gsize begun;

    l->first_k = k + 1;
    if (l->granted == l->leg->count)
        return true; /* it has all of the leg already */
    begun = message_begin(l->out, MSG_GRANT);
    put_frames(l);
    message_end(l->out, begun);
    count_grant(l, l->granted + l->leg->stride);
    return line_send(l);
}

static bool say_halt(Line *l)
{
    message_end(l->out, message_begin(l->out, MSG_HALT));
    return line_send(l);
}

/* --- hearing --- */

typedef struct {
    Line *line;
    NewsHead head;
} Hearing;

static void on_mark(unsigned quantum, unsigned node, int64_t stamp_us, HTime arrived, void *data)
{
    const Hearing *h = data;
    const Line *l = h->line;
    Leg *leg = l->leg;
    uint64_t k = l->first_k + quantum;
    /* On this host's clock, but for what the message took on its way. */
    HTime here = {arrived.ns ? l->received.ns - (h->head.now.ns - arrived.ns) : 0};

    if (k > leg->count || quantum >= leg->stride)
        return;
    if (leg->marks)
        leg->marks[(k - 1) % leg->stride * leg->n_slots + slot_of(l, node)] =
            (LegMark){stamp_us, here};
    else
        *my_slot(l, node) = (Slot){.node = my_slot(l, node)->node,
                                   .stats = my_slot(l, node)->stats,
                                   .stamp_us = stamp_us,
                                   .arrived = here};
}

static void on_console(unsigned node, VTime until, const uint8_t *bytes, gsize size, void *data)
{
    const Line *l = ((Hearing *)data)->line;

    if (console_feed(my_slot(l, node)->node->console, bytes, size, until))
        atomic_store(&l->leg->stop, true);
}

static void on_sent(unsigned card, VTime boundary, VTime at, const uint8_t *bytes, gsize size,
                    void *data)
{
    const Line *l = ((Hearing *)data)->line;

    if (card < l->cards->len)
        port_report_sent(l->cards->pdata[card], boundary, at, bytes, size);
}

static void on_settled(unsigned card, unsigned id, unsigned flags, VTime boundary, VTime when,
                       void *data)
{
    const Line *l = ((Hearing *)data)->line;

    if (card < l->cards->len)
        port_report_settled(l->cards->pdata[card], boundary, when, id, flags & NEWS_TAKEN,
                            flags & NEWS_CARRIED);
}

static const NewsFuncs news_funcs = {on_mark, on_console, on_sent, on_settled};

static void hear_news(Line *l, Reader *r, NewsHead *head)
{
    Hearing hearing = {.line = l};

    l->received = htime_now();
    news_read(r, l->which->len, &hearing.head, &news_funcs, &hearing);
    *head = hearing.head;
    if (head->flags & NEWS_WANTS_STOP)
        atomic_store(&l->leg->stop, true);
}

static void hear_outcomes(Line *l, Reader *r)
{
    uint32_t count = get_count(r, 60);

    r->bad = r->bad || count != l->which->len;
    for (uint32_t i = 0; i < count && !r->bad; i++)
        outcome_get(r, l->far.name, my_slot(l, i)->node, my_slot(l, i)->stats);
    line_look_for_life(l);
    count = get_count(r, 5);
    for (uint32_t i = 0; i < count && !r->bad; i++) {
        unsigned card = get_u32(r);
        bool in_flight = get_u8(r) != 0;

        r->bad = card >= l->cards->len;
        if (!r->bad)
            ((Port *)l->cards->pdata[card])->in_flight = in_flight;
    }
}

/* --- a leg --- */

/* Other hosts may take long: the agent is to know that somebody is there, and its end to be told
 * now. */
static void on_patience(void *data)
{
    Line *l = data;

    line_pulse(l);
    if (!line_look(l))
        atomic_store(&l->leg->stop, true);
}

static LegPatience patience_of(Line *l)
{
    return (LegPatience){.sleeps = true, .idle = on_patience, .data = l};
}

static BarrierAction arrive(Line *l)
{
    LegPatience patience = patience_of(l);

    return leg_rendezvous(l->leg, BARRIER_EV_ARRIVED, &patience);
}

/* It ends at barrier k, and nobody else knows of it. */
static void leave(Line *l, uint64_t k, bool ends)
{
    LegPatience patience = patience_of(l);

    leg_quit(l->leg, k, ends, &patience);
}

/* The line is lost: all nodes with it. */
static void lose_all(Line *l, bool told)
{
    for (guint i = 0; i < l->which->len; i++)
        outcome_fail(my_slot(l, i)->node, l->far.name, l->lost->message);
    if (!told)
        leave(l, l->first_k - 1, true);
}

static bool check(Line *l, const Reader *r, const char *what)
{
    GError *error = NULL;

    if (reader_done(r, what, &error))
        return true;
    line_lose(l, error);
    return false;
}

/* True if the agent's part is over. */
static bool hear(Line *l, uint8_t type, Reader *r, bool *told)
{
    uint64_t end = MIN(l->first_k - 1 + l->leg->stride, l->leg->count);
    NewsHead head;
    bool broke;

    if (type != MSG_NEWS && type != MSG_LEG_OVER) {
        line_lose(l, g_error_new(REMOTE_ERROR, REMOTE_ERROR_PROTOCOL,
                                 "it sent a message (%u) that has no place in a leg", type));
        return false;
    }
    hear_news(l, r, &head);
    if (type == MSG_NEWS) {
        if (!check(l, r, "news") || *told)
            return false;
        if (arrive(l) == BARRIER_GRANT) {
            say_grant(l, end);
        } else {
            *told = true;
            say_halt(l);
        }
        return false;
    }
    broke = get_u8(r) != 0;
    hear_outcomes(l, r);
    r->bad = r->bad || head.k + 1 < l->first_k || head.k > l->leg->count;
    if (!check(l, r, "leg over"))
        return false;
    l->far.driven.ns = MAX(l->far.driven.ns, leg_boundary(l->leg, head.k).ns);
    if (*told)
        return true;
    if (broke)
        atomic_store(&l->leg->broke, true);
    if (head.k == l->leg->count && !broke)
        arrive(l);
    else
        leave(l, head.k, broke || (head.flags & NEWS_WANTS_STOP));
    return true;
}

void line_ride(Line *l)
{
    bool told = false, over = false;

    g_array_set_size(l->which, 0);
    for (unsigned i = 0; i < l->leg->n_slots; i++) {
        if (l->leg->slots[i].node->far != &l->far)
            continue;
        g_array_append_val(l->which, i);
        debug_copy_hit(l->leg->slots[i].node, NULL);
        l->leg->slots[i].node->state = NODE_RUNNING;
    }
    l->first_k = 1;
    l->granted = 0;
    l->far.no_live_nodes = false;
    line_pump(l);
    say_leg(l);
    while (!over) {
        uint8_t type;
        Reader r;

        if (!line_hear(l, &type, &r) || (!(over = hear(l, type, &r, &told)) && !l->stream)) {
            lose_all(l, told);
            return;
        }
    }
    if (!l->stream) /* while it waited for the others at the end */
        lose_all(l, true);
}

void line_run_leg(Far *far, Leg *leg, FarDoneFunc done, void *data)
{
    Line *l = (Line *)far;

    l->leg = leg;
    l->on_done = done;
    l->done_data = data;
    line_submit(l, JOB_LEG);
}

/* --- steps --- */

static void put_way(Line *l)
{
    const StepRequest *s = l->step;
    gsize begun = message_begin(l->out, MSG_CARDS);

    cards_order_put(
        l->out,
        &(CardsOrder){.moved = l->moved, .now = s->now, .until = s->until, .quantum = s->quantum});
    put_cards(l);
    put_frames(l);
    message_end(l->out, begun);
}

static bool say_step(Line *l)
{
    const StepRequest *s = l->step;
    gsize begun;

    if (s->quantum.ns > 0)
        put_way(l);
    begun = message_begin(l->out, MSG_STEP);
    step_order_put(l->out, s->node->index, s->node->epoch, s);
    message_end(l->out, begun);
    return line_send(l);
}

static void hear_stepped(Line *l, Reader *r)
{
    StepRequest *s = l->step;
    bool asleep = get_u8(r) != 0, hit = get_u8(r) != 0;
    g_autofree char *why = get_words(r);

    outcome_get(r, l->far.name, s->node, NULL);
    if (!check(l, r, "stepped"))
        return;
    s->asleep = asleep;
    s->hit = hit;
    if (*why && s->node->state != NODE_FAILED)
        s->error = g_error_new(NODE_ERROR, NODE_ERROR_DIED, "host %s: %s", l->far.name, why);
}

void line_take_steps(Line *l)
{
    StepRequest *s = l->step;
    bool cancelled = false;
    uint8_t type = 0;
    Reader r;

    s->error = NULL;
    s->asleep = s->hit = false;
    debug_copy_hit(s->node, NULL);
    line_pump(l);
    say_step(l);
    while (l->stream && type != MSG_STEPPED) {
        if (!line_hear_for(l, 100, &type, &r))
            break;
        if (type != MSG_STEPPED && !cancelled && atomic_load(s->cancel)) {
            message_end(l->out, message_begin(l->out, MSG_CANCEL));
            cancelled = line_send(l);
        }
    }
    if (type == MSG_STEPPED)
        hear_stepped(l, &r);
    if (!l->stream)
        outcome_fail(s->node, l->far.name, l->lost->message);
}

void line_step(Far *far, StepRequest *request, FarDoneFunc done, void *data)
{
    Line *l = (Line *)far;

    l->step = request;
    l->on_done = done;
    l->done_data = data;
    line_submit(l, JOB_STEP);
}
