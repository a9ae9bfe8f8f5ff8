/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire.c: frames from cards to the network and back; see wire.h. */
#include "controller/wire.h"

#include "controller/base/log.h"
#include "controller/base/units.h"
#include "controller/engine/card.h"

#include <inttypes.h>
#include <string.h>

/* Frames from outside that one barrier takes in; the rest waits with the kernel. */
#define MAX_FROM_OUTSIDE 256

/* A card of a node, here or on another host, or a gateway. */
typedef struct {
    Node *node;       /* NULL: a gateway */
    Gateway *gateway; /* NULL: a card, or only checked */
    unsigned index;   /* of its cards */
    unsigned port;
    Card *card;         /* NULL until the node is started, and … */
    FarCard *far;       /* … instead of it on another host */
    GPtrArray *flights; /* of `far`: NetDelivery by id, NULL where it is settled … */
    unsigned first_id;  /* … the first one's */
} Port;

typedef struct {
    NetObserver func;
    void *data;
} Observer;

struct Wire {
    Session *session;
    GArray *observers; /* Observer */
    Network *net;
    Trace *trace;
    GPtrArray *ports; /* Port, by number of port */
    VTime quantum;
    unsigned announced; /* links whose raised latency was told */
};

static void port_free(void *data)
{
    Port *p = data;

    gateway_free(p->gateway);
    card_free(p->card);
    far_card_free(p->far);
    if (p->flights)
        g_ptr_array_unref(p->flights);
    g_free(p);
}

/* --- cards of this host --- */

static void on_sent(Card *card, VTime at, const uint8_t *frame, size_t size)
{
    const Wire *w = card->owner;

    network_send(w->net, card->number, at, frame, size);
}

static bool on_next(Card *card, VTime until, CardFrame *out)
{
    const Wire *w = card->owner;
    NetDelivery *d;

    if (!network_next(w->net, card->number, until))
        return false;
    d = network_take(w->net, card->number);
    *out = (CardFrame){.due = d->due, .data = d->data, .size = d->size, .origin = d};
    return true;
}

static void on_settled(Card *card, const CardFrame *frame, bool taken, VTime when)
{
    const Wire *w = card->owner;
    NetDelivery *d = frame->origin;

    d->carried = frame->carried;
    if (taken)
        network_delivered(w->net, d, when);
    else
        network_refused(w->net, d, when);
}

static const CardNetwork here = {on_sent, on_next, on_settled};

/* --- cards of other hosts --- */

/* What was told up to boundary `now`, in the order in which a card of this host would tell it. */
static void hear(const Wire *w, const Port *p, VTime now)
{
    FarCard *far = p->far;
    guint sent = 0, settled = 0;

    for (; sent < far->sent->len; sent++) {
        const FarFrame *f = &g_array_index(far->sent, FarFrame, sent);

        if (f->boundary.ns > now.ns)
            break;
        network_send(w->net, p->port, f->at, far->bytes->data + f->offset, f->size);
    }
    for (; settled < far->settled->len; settled++) {
        const FarFrame *f = &g_array_index(far->settled, FarFrame, settled);
        unsigned i = f->id - p->first_id;
        NetDelivery *d = i < p->flights->len ? p->flights->pdata[i] : NULL;

        if (f->boundary.ns > now.ns)
            break;
        if (!d)
            continue; /* an id that nobody gave */
        p->flights->pdata[i] = NULL;
        d->carried = f->carried;
        if (f->taken)
            network_delivered(w->net, d, f->at);
        else
            network_refused(w->net, d, f->at);
    }
    g_array_remove_range(far->sent, 0, sent);
    g_array_remove_range(far->settled, 0, settled);
    if (far->sent->len == 0)
        g_byte_array_set_size(far->bytes, 0);
}

/* For the next grant: all that is due by its end. */
static void hand_over(const Wire *w, Port *p, VTime until)
{
    unsigned done = 0;

    while (done < p->flights->len && !p->flights->pdata[done])
        done++;
    if (done > 0)
        g_ptr_array_remove_range(p->flights, 0, done);
    p->first_id += done;
    while (network_next(w->net, p->port, until)) {
        NetDelivery *d = network_take(w->net, p->port);
        FarDue due = {p->first_id + p->flights->len, d->due, d->data, d->size};

        g_array_append_val(p->far->due, due);
        g_ptr_array_add(p->flights, d);
    }
}

/* --- at a barrier --- */

/* At a gateway all happens at barriers: what is due by now leaves, what has come in is sent now. */
static void pass(Wire *w, const Port *p, VTime now)
{
    const uint8_t *frame;
    size_t size;

    gateway_flush(p->gateway);
    while (network_next(w->net, p->port, now)) {
        NetDelivery *d = network_take(w->net, p->port);

        if (gateway_send(p->gateway, d->data, d->size))
            network_delivered(w->net, d, now);
        else
            network_refused(w->net, d, now);
    }
    for (unsigned i = 0; i < MAX_FROM_OUTSIDE && (frame = gateway_receive(p->gateway, &size)); i++)
        network_send(w->net, p->port, now, frame, size);
}

static void reach(VTime now, void *data)
{
    const Wire *w = data;

    for (unsigned i = 0; i < w->ports->len; i++) {
        const Port *p = w->ports->pdata[i];

        if (p->card)
            card_reach(p->card, now);
    }
}

static void advance(VTime now, void *data)
{
    Wire *w = data;

    for (unsigned i = 0; i < w->ports->len; i++) {
        const Port *p = w->ports->pdata[i];

        if (p->gateway)
            pass(w, p, now);
        else if (p->far)
            hear(w, p, now);
    }
    network_advance(w->net, now);
}

static void grant(VTime until, void *data)
{
    const Wire *w = data;

    for (unsigned i = 0; i < w->ports->len; i++) {
        Port *p = w->ports->pdata[i];

        if (p->far)
            hand_over(w, p, until);
    }
}

static void fill(VTime now, VTime until, void *data)
{
    const Wire *w = data;

    for (unsigned i = 0; i < w->ports->len; i++) {
        const Port *p = w->ports->pdata[i];

        if (p->card)
            card_fill(p->card, now, until, w->quantum);
    }
}

static VTime due(VTime now, void *data)
{
    const Wire *w = data;

    return network_exact_due(w->net, now);
}

/* Exact delivery adds boundaries as frames are sent. */
static VTime lookahead(void *data)
{
    const Wire *w = data;

    for (unsigned i = 0; i < w->ports->len; i++)
        if (network_exact(w->net, i))
            return w->quantum;
    return network_lookahead(w->net);
}

/* --- building --- */

Wire *wire_new(Session *session)
{
    Wire *w = g_new0(Wire, 1);

    w->session = session;
    w->quantum = engine_quantum(session->engine);
    w->net = network_new(1, w->quantum);
    w->observers = g_array_new(FALSE, FALSE, sizeof(Observer));
    w->trace = trace_new(TRACE_DEFAULT_CAP);
    w->ports = g_ptr_array_new_with_free_func(port_free);
    network_set_trace(w->net, w->trace);
    engine_set_exchange(session->engine,
                        &(EngineExchange){reach, advance, grant, fill, due, lookahead, w});
    return w;
}

void wire_free(Wire *w)
{
    if (!w)
        return;
    engine_set_exchange(w->session->engine, NULL);
    network_free(w->net);
    trace_free(w->trace);
    g_array_unref(w->observers);
    g_ptr_array_unref(w->ports);
    g_free(w);
}

Network *wire_network(const Wire *w)
{
    return w->net;
}

const Trace *wire_trace(const Wire *w)
{
    return w->trace;
}

static void on_event(const NetEvent *event, void *data)
{
    const Wire *w = data;

    for (unsigned i = 0; i < w->observers->len; i++) {
        const Observer *o = &g_array_index(w->observers, Observer, i);

        o->func(event, o->data);
    }
}

void wire_observe(Wire *w, NetObserver func, void *data)
{
    Observer o = {func, data};

    g_array_append_val(w->observers, o);
    network_set_observer(w->net, on_event, w);
}

void wire_unobserve(Wire *w, const void *data)
{
    for (unsigned i = w->observers->len; i-- > 0;)
        if (g_array_index(w->observers, Observer, i).data == data)
            g_array_remove_index(w->observers, i);
    if (w->observers->len == 0)
        network_set_observer(w->net, NULL, NULL);
}

/* "a" is the first card of a, "a.1" its second. */
static Node *card_of(const Wire *w, const char *name, int64_t *index, GError **error)
{
    const char *dot = strrchr(name, '.');
    g_autofree char *plain = dot ? g_strndup(name, (gsize)(dot - name)) : g_strdup(name);
    Node *node = session_node(w->session, plain);

    *index = 0;
    if (!node) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "'%s' is neither a node nor a switch",
                    name);
        return NULL;
    }
    if (dot && !units_parse_int(dot + 1, "card", 0, NODE_MAX_NICS - 1, index, error))
        return NULL;
    if (!node->attached && *index < node->options->nics)
        return node;
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "node %s has %s card %" PRId64 "%s",
                node->name, node->attached ? "an owner of its own, and no" : "no", *index,
                node->attached ? "" : ": `node add … nic=N` gives it N");
    return NULL;
}

static bool add_port(Wire *w, Node *node, unsigned index, NetEnd *end, GError **error)
{
    g_autofree char *name =
        index == 0 ? g_strdup(node->name) : g_strdup_printf("%s.%u", node->name, index);
    uint8_t mac[MAC_LEN];
    Port *p;

    node_options_mac(node->options, node->index, index, mac);
    *end = (NetEnd){0};
    if (!network_add_port(w->net, name, mac, &end->index, error))
        return false;
    p = g_new0(Port, 1);
    *p = (Port){.node = node, .index = index, .port = end->index};
    g_ptr_array_add(w->ports, p);
    return true;
}

/* Of no node's: those begin with 52:54:00:6d (node_options_mac()). */
bool wire_add_gateway(Wire *w, const char *name, Gateway *gateway, GError **error)
{
    uint8_t mac[MAC_LEN] = {
        0x52, 0x54, 0x00, 0x67, (uint8_t)(w->ports->len >> 8), (uint8_t)w->ports->len};
    unsigned index;
    Port *p;

    if (!network_add_port(w->net, name, mac, &index, error)) {
        gateway_free(gateway);
        return false;
    }
    p = g_new0(Port, 1);
    *p = (Port){.gateway = gateway, .port = index};
    g_ptr_array_add(w->ports, p);
    return true;
}

const Gateway *wire_gateway(const Wire *w, unsigned port)
{
    return ((const Port *)w->ports->pdata[port])->gateway;
}

bool wire_find_end(Wire *w, const char *name, NetEnd *end, GError **error)
{
    g_autofree char *plain =
        g_str_has_suffix(name, ".0") ? g_strndup(name, strlen(name) - 2) : NULL;
    int64_t index;
    Node *node;

    if (network_find(w->net, plain ? plain : name, end, NULL))
        return true;
    node = card_of(w, plain ? plain : name, &index, error);
    return node && add_port(w, node, (unsigned)index, end, error);
}

bool wire_uses(const Wire *w, const Node *node)
{
    for (unsigned i = 0; w && i < w->ports->len; i++)
        if (((const Port *)w->ports->pdata[i])->node == node)
            return true;
    return false;
}

/* An idle node with sleep=on stands past its stops. */
static void warn_of_sleep(const Wire *w, unsigned link)
{
    NetEnd ends[2];

    network_link_ends(w->net, link, ends);
    for (unsigned i = 0; i < 2; i++) {
        const Port *p = ends[i].is_switch ? NULL : w->ports->pdata[ends[i].index];

        if (p && p->node && p->node->icount.sleep_on && network_exact(w->net, p->port))
            log_warn("link %s: delivery=exact needs sleep=off; node %s has sleep=on, so packets "
                     "that find it idle may be late",
                     network_link_name(w->net, link), p->node->name);
    }
}

static void announce(Wire *w)
{
    for (; w->announced < network_n_links(w->net); w->announced++) {
        warn_of_sleep(w, w->announced);
        for (unsigned way = 0; way < 2; way++) {
            VTime asked = network_link_way(w->net, w->announced, way)->params.latency;
            VTime real = network_latency(w->net, w->announced, way);
            g_autofree char *a = units_format_duration(asked), *r = units_format_duration(real);

            if (real.ns == asked.ns)
                continue;
            log_warn("link %s: its latency of %s is raised to %s, %s: a shorter quantum allows "
                     "less",
                     network_link_name(w->net, w->announced), a,
                     real.ns > w->quantum.ns ? "two quanta (exact delivery)" : "the quantum", r);
            break;
        }
    }
}

bool wire_in_flight(const Wire *w)
{
    for (unsigned i = 0; w && i < w->ports->len; i++) {
        const Port *p = w->ports->pdata[i];

        if ((p->card && nic_sent(p->card->nic) > 0) || (p->far && p->far->in_flight))
            return true;
    }
    return false;
}

/* What was put for the next boundary may not be due by a nearer one. */
static void take_back(const Wire *w)
{
    for (unsigned i = 0; i < w->ports->len; i++) {
        const Port *p = w->ports->pdata[i];

        if (p->card)
            card_take_back(p->card);
    }
}

static bool open_port(Wire *w, Port *p, GError **error)
{
    Far *far = p->node->far;

    if (p->card || p->far || !node_is_live(p->node))
        return true;
    if (far) {
        p->far = far_card_new(p->node, p->index);
        p->flights = g_ptr_array_new();
        if (far->ops->open_card(far, p->far, engine_now(w->session->engine), error))
            return true;
        g_clear_pointer(&p->far, far_card_free);
        g_clear_pointer(&p->flights, g_ptr_array_unref);
        return false;
    }
    p->card = card_new(p->node, p->index, engine_now(w->session->engine), &here, error);
    if (!p->card)
        return false;
    p->card->owner = w;
    p->card->number = p->port;
    return true;
}

bool wire_prepare(Wire *w, GError **error)
{
    VTime quantum = engine_quantum(w->session->engine), now = engine_now(w->session->engine);

    if (quantum.ns != w->quantum.ns) {
        take_back(w);
        /* Barriers are the quantum's multiples, wherever the ensemble stands. */
        if (!network_set_quantum(w->net, quantum, vtime(now.ns - now.ns % quantum.ns), error))
            return false;
        w->quantum = quantum;
        w->announced = 0;
    }
    announce(w);
    for (unsigned i = 0; i < w->ports->len; i++) {
        Port *p = w->ports->pdata[i];

        if (!p->node)
            continue;
        if (!open_port(w, p, error))
            return false;
        if (p->card)
            p->card->exact = network_exact(w->net, p->port);
        if (p->far)
            p->far->exact = network_exact(w->net, p->port);
    }
    return true;
}

/* --- figures --- */

NetPortStats wire_node_stats(const Wire *w, const Node *node)
{
    NetPortStats sum = {0};

    for (unsigned i = 0; w && i < w->ports->len; i++) {
        const Port *p = w->ports->pdata[i];
        const NetPortStats *s = network_port_stats(w->net, p->port);

        if (p->node != node)
            continue;
        sum.sent += s->sent;
        sum.received += s->received;
        sum.late += s->late;
        sum.carried += s->carried;
        sum.refused += s->refused;
        sum.dropped += s->dropped;
        sum.malformed += s->malformed;
    }
    return sum;
}

char *wire_node_digest(const Wire *w, const Node *node)
{
    return trace_node_sha256(w->trace, trace_node(w->trace, node->name));
}

uint64_t wire_late(const Wire *w)
{
    uint64_t late = 0;

    for (unsigned i = 0; w && i < w->ports->len; i++)
        late += network_port_stats(w->net, i)->late;
    return late;
}
