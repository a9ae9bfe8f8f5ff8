/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client-segment.c: another host's part in segments and steps. The client is a member of the
 * segment (segment.h). The client arrives at a barrier when the agent's REPORT has come; what
 * follows from that is sent by client-grant.c.
 */
#include "controller/qemu/debug.h"
#include "controller/remote/client/client-private.h"
#include "controller/remote/node-state.h"
#include "controller/remote/orders.h"

#include <inttypes.h>

static unsigned participant_of(const AgentClient *c, unsigned i)
{
    return g_array_index(c->which, unsigned, i);
}

static Participant *my_participant(const AgentClient *c, unsigned i)
{
    return &c->segment->participants[participant_of(c, i)];
}

/* --- receiving --- */

typedef struct {
    AgentClient *client;
    GrantReportHead head;
} Receiving;

static void on_mark(unsigned quantum, unsigned node, int64_t stamp_us, HTime arrived, void *data)
{
    const Receiving *h = data;
    const AgentClient *c = h->client;
    Segment *segment = c->segment;
    uint64_t k = c->first_k + quantum;
    /* Converts to the local host's clock, except for the time that the message was on its way. */
    HTime here = {arrived.ns ? c->received.ns - (h->head.now.ns - arrived.ns) : 0};

    if (k > segment->count || quantum >= segment->grant_quanta)
        return;
    if (segment->marks)
        segment->marks[(k - 1) % segment->grant_quanta * segment->n_participants +
                       participant_of(c, node)] = (SegmentMark){stamp_us, here};
    else
        *my_participant(c, node) = (Participant){.node = my_participant(c, node)->node,
                                                 .stats = my_participant(c, node)->stats,
                                                 .stamp_us = stamp_us,
                                                 .arrived = here};
}

static void on_console(unsigned node, VTime until, const uint8_t *bytes, gsize size, void *data)
{
    const AgentClient *c = ((Receiving *)data)->client;

    if (console_feed(my_participant(c, node)->node->console, bytes, size, until))
        atomic_store(&c->segment->stop, true);
}

static void on_sent(unsigned card, VTime boundary, VTime at, const uint8_t *bytes, gsize size,
                    void *data)
{
    const AgentClient *c = ((Receiving *)data)->client;

    if (card < c->cards->len)
        port_report_sent(c->cards->pdata[card], boundary, at, bytes, size);
}

static void on_settled(unsigned card, unsigned id, unsigned flags, VTime boundary, VTime when,
                       void *data)
{
    const AgentClient *c = ((Receiving *)data)->client;

    if (card < c->cards->len)
        port_report_settled(c->cards->pdata[card], boundary, when, id, flags & GRANT_REPORT_TAKEN,
                            flags & GRANT_REPORT_CARRIED);
}

static const GrantReportFuncs grant_report_funcs = {on_mark, on_console, on_sent, on_settled};

static void receive_grant_report(AgentClient *c, Reader *r, GrantReportHead *head)
{
    Receiving receiving = {.client = c};

    c->received = htime_now();
    grant_report_read(r, c->which->len, &receiving.head, &grant_report_funcs, &receiving);
    *head = receiving.head;
    if (head->flags & GRANT_REPORT_WANTS_STOP)
        atomic_store(&c->segment->stop, true);
}

static void receive_node_states(AgentClient *c, Reader *r)
{
    uint32_t count = get_count(r, 60);

    r->bad = r->bad || count != c->which->len;
    for (uint32_t i = 0; i < count && !r->bad; i++)
        node_state_get(r, c->remote.name, my_participant(c, i)->node, my_participant(c, i)->stats);
    agent_client_check_life(c);
    count = get_count(r, 5);
    for (uint32_t i = 0; i < count && !r->bad; i++) {
        unsigned card = get_u32(r);
        bool in_flight = get_u8(r) != 0;

        r->bad = card >= c->cards->len;
        if (!r->bad)
            ((Port *)c->cards->pdata[card])->in_flight = in_flight;
    }
}

/* --- a segment --- */

/* The agent's part has ended at barrier k: leaves the segment. ends: no other member gets beyond
 * barrier k. */
static void leave(AgentClient *c, uint64_t k, bool ends)
{
    SegmentPatience patience = agent_client_patience(c);

    segment_quit(c->segment, k, ends, &patience);
}

/* The client is lost: fails its nodes and leaves the segment. others_know: the other members
 * already know that this member takes no further part. */
static void lose_all(AgentClient *c, bool others_know)
{
    for (guint i = 0; i < c->which->len; i++)
        node_state_fail(my_participant(c, i)->node, c->remote.name, c->lost->message);
    if (!others_know)
        leave(c, c->first_k - 1, true);
}

static bool check(AgentClient *c, const Reader *r, const char *what)
{
    GError *error = NULL;

    if (reader_done(r, what, &error))
        return true;
    agent_client_lose(c, error);
    return false;
}

/* Handles a message of the segment; true: the agent's part is over. */
static bool receive(AgentClient *c, uint8_t type, Reader *r)
{
    SegmentPatience patience = agent_client_patience(c);
    GrantReportHead head;
    bool broke;

    if (type != MSG_REPORT && type != MSG_SEGMENT_OVER) {
        agent_client_lose(c, g_error_new(REMOTE_ERROR, REMOTE_ERROR_PROTOCOL,
                                         "it sent a message (%u) that has no place in a segment",
                                         type));
        return false;
    }
    receive_grant_report(c, r, &head);
    if (type == MSG_REPORT) {
        if (check(c, r, "report") && !c->others_know)
            agent_client_arrive(c);
        return false;
    }
    broke = get_u8(r) != 0;
    receive_node_states(c, r);
    r->bad = r->bad || head.k + 1 < c->first_k || head.k > c->segment->count;
    if (!check(c, r, "segment over"))
        return false;
    c->remote.driven.ns = MAX(c->remote.driven.ns, segment_boundary(c->segment, head.k).ns);
    if (c->others_know)
        return true;
    if (broke)
        atomic_store(&c->segment->broke, true);
    if (head.k == c->segment->count && !broke)
        segment_rendezvous(c->segment, BARRIER_EV_ARRIVED, &patience);
    else
        leave(c, head.k, broke || (head.flags & GRANT_REPORT_WANTS_STOP));
    return true;
}

static void begin(AgentClient *c)
{
    g_array_set_size(c->which, 0);
    for (unsigned i = 0; i < c->segment->n_participants; i++) {
        if (c->segment->participants[i].node->remote != &c->remote)
            continue;
        g_array_append_val(c->which, i);
        debug_copy_hit(c->segment->participants[i].node, NULL);
        c->segment->participants[i].node->state = NODE_RUNNING;
    }
    c->first_k = 1;
    c->granted = 0;
    c->others_know = false;
    c->remote.no_live_nodes = false;
}

void agent_client_run(AgentClient *c)
{
    bool over = false;

    begin(c);
    agent_client_pump(c);
    agent_client_send_segment(c);
    while (!over) {
        uint8_t type;
        Reader r;
        bool received = agent_client_receive(c, &type, &r);

        agent_client_await_turn(c);
        if (!received || (!(over = receive(c, type, &r)) && !c->stream)) {
            agent_client_await_turn(c);
            lose_all(c, c->others_know);
            return;
        }
    }
    if (!c->stream) /* lost while it waited for the other members at the end */
        lose_all(c, true);
}

void agent_client_run_segment(Remote *remote, Segment *segment, RemoteDoneFunc done, void *data)
{
    AgentClient *c = (AgentClient *)remote;

    c->segment = segment;
    c->on_done = done;
    c->done_data = data;
    agent_client_submit(c, JOB_SEGMENT);
}

/* --- steps --- */

/* Puts MSG_CARDS: the frames that are due during the step. */
static void put_way(AgentClient *c)
{
    const StepRequest *s = c->step;
    gsize begun = message_begin(c->out, MSG_CARDS);

    cards_order_put(
        c->out,
        &(CardsOrder){.moved = c->moved, .now = s->now, .until = s->until, .quantum = s->quantum});
    agent_client_put_cards(c, c->out);
    agent_client_put_frames(c, c->out);
    message_end(c->out, begun);
}

static bool send_step(AgentClient *c)
{
    const StepRequest *s = c->step;
    gsize begun;

    if (s->quantum.ns > 0)
        put_way(c);
    begun = message_begin(c->out, MSG_STEP);
    step_order_put(c->out, s->node->index, s->node->epoch, s);
    message_end(c->out, begun);
    return agent_client_send(c);
}

/* Gives the node's console what it printed during the steps. */
static void feed_console(const Node *n, Reader *printed)
{
    while (!printed->bad && printed->at < printed->end) {
        VTime until = vtime(get_i64(printed));
        gsize size;
        const uint8_t *bytes = get_bytes(printed, &size);

        if (!printed->bad && n->console)
            console_feed(n->console, bytes, size, until);
    }
}

static void receive_stepped(AgentClient *c, Reader *r)
{
    StepRequest *s = c->step;
    bool asleep = get_u8(r) != 0, hit = get_u8(r) != 0;
    g_autofree char *why = get_words(r);
    gsize size;
    const uint8_t *bytes = get_bytes(r, &size);
    Reader printed = {.at = bytes, .end = size > 0 ? bytes + size : bytes};

    feed_console(s->node, &printed);
    node_state_get(r, c->remote.name, s->node, NULL);
    r->bad = r->bad || printed.bad;
    if (!check(c, r, "stepped"))
        return;
    s->asleep = asleep;
    s->hit = hit;
    if (*why && s->node->state != NODE_FAILED)
        s->error = g_error_new(NODE_ERROR, NODE_ERROR_DIED, "host %s: %s", c->remote.name, why);
}

void agent_client_run_steps(AgentClient *c)
{
    StepRequest *s = c->step;
    bool cancelled = false;
    uint8_t type = 0;
    Reader r;

    s->error = NULL;
    s->asleep = s->hit = false;
    debug_copy_hit(s->node, NULL);
    agent_client_pump(c);
    send_step(c);
    while (c->stream && type != MSG_STEPPED) {
        if (!agent_client_receive_for(c, 100, &type, &r))
            break;
        if (type != MSG_STEPPED && !cancelled && atomic_load(s->cancel)) {
            message_end(c->out, message_begin(c->out, MSG_CANCEL));
            cancelled = agent_client_send(c);
        }
    }
    if (type == MSG_STEPPED)
        receive_stepped(c, &r);
    if (!c->stream)
        node_state_fail(s->node, c->remote.name, c->lost->message);
}

void agent_client_step(Remote *remote, StepRequest *request, RemoteDoneFunc done, void *data)
{
    AgentClient *c = (AgentClient *)remote;

    c->step = request;
    c->on_done = done;
    c->done_data = data;
    agent_client_submit(c, JOB_STEP);
}
