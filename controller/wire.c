/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire.c: frames from cards to the network and back; see wire.h. */
#include "controller/wire.h"

#include "controller/base/log.h"
#include "controller/base/units.h"
#include "controller/engine/nic.h"

#include <inttypes.h>
#include <string.h>

/* Frames from outside that one barrier takes in; the rest waits with the kernel. */
#define MAX_FROM_OUTSIDE 256

/* A card of a node, or a gateway. */
typedef struct {
    Node *node;       /* NULL: a gateway */
    Gateway *gateway; /* NULL: a card, or only checked */
    unsigned index;   /* of its cards */
    unsigned port;
    Nic *nic;           /* NULL until the node is started */
    GPtrArray *flights; /* NetDelivery, taken and not known to be there yet */
    unsigned n_put;     /* of them, those that were put on the card … */
    VTime aim;          /* … for this time */
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
    VTime barrier;      /* the last one */
    unsigned announced; /* links whose raised latency was told */
};

static void port_free(void *data)
{
    Port *p = data;

    gateway_free(p->gateway);
    g_ptr_array_unref(p->flights);
    g_free(p);
}

/* --- at a barrier --- */

typedef struct {
    Wire *wire;
    Port *port;
} Sender;

static void on_frame(VTime sent, const uint8_t *frame, size_t size, void *data)
{
    const Sender *s = data;
    VTime at = vtime_sub(sent, s->port->node->epoch);

    /* Stamps are whole µs, rounded down: what bears the last barrier's was sent right behind it. */
    if (at.ns <= s->wire->barrier.ns)
        at = vtime(s->wire->barrier.ns + 1);
    network_send(s->wire->net, s->port->port, at, frame, size);
}

static void collect(Wire *w, Port *p, VTime now)
{
    Sender sender = {w, p};

    if (p->nic && !nic_collect(p->nic, vtime_add(now, p->node->epoch), on_frame, &sender))
        log_warn("node %s: its capture can't be read", p->node->name);
}

/* What was put is there if QEMU took it in time; else it is late, and will be there at the next
 * boundary. */
static void settle(Wire *w, Port *p, VTime now)
{
    bool off = !node_is_live(p->node);
    unsigned n = p->n_put;

    if (n == 0 || p->aim.ns > now.ns)
        return;
    /* An idle node may have stood beyond an added boundary already. */
    if (network_exact(w->net, p->port))
        now = vtime(MAX(now.ns, vtime_floor_us(node_ensemble_time(p->node)) * NS_PER_US));
    if (!off)
        n = nic_settle(p->nic);
    for (unsigned i = 0; i < n; i++) {
        if (off)
            network_refused(w->net, p->flights->pdata[i], now);
        else
            network_delivered(w->net, p->flights->pdata[i], now);
    }
    g_ptr_array_remove_range(p->flights, 0, n);
    if (off)
        nic_clear(p->nic);
    else
        nic_take_back(p->nic);
    p->n_put = nic_sent(p->nic);
    for (unsigned i = 0; i < p->n_put; i++)
        ((NetDelivery *)p->flights->pdata[i])->carried = false;
}

/* Frames that find a card full follow at the next boundary: carried, unless it is full of late
 * ones. */
static void fill(const Wire *w, Port *p, VTime now, VTime until)
{
    bool barrier = until.ns % w->quantum.ns == 0, full_of_late;

    if (!p->nic || (p->n_put > 0 && p->aim.ns > now.ns && p->aim.ns != until.ns) ||
        (!barrier && !network_exact(w->net, p->port)))
        return;
    full_of_late = nic_sent(p->nic) > 0 && p->aim.ns <= now.ns;
    p->aim = until;
    nic_aim(p->nic, barrier ? 0 : vtime_floor_us(vtime_add(until, p->node->epoch)));
    for (;;) {
        NetDelivery *d;

        /* What was taken is put first, unless a shorter quantum has come since. */
        if (p->n_put == p->flights->len) {
            if (!network_next(w->net, p->port, until))
                return;
            g_ptr_array_add(p->flights, network_take(w->net, p->port));
        }
        d = p->flights->pdata[p->n_put];
        if (d->due.ns > until.ns || !nic_put(p->nic, d->data, d->size))
            return;
        if (d->due.ns <= w->barrier.ns && !full_of_late)
            d->carried = true;
        p->n_put++;
    }
}

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

static void exchange(VTime now, bool reached, VTime until, void *data)
{
    Wire *w = data;

    for (unsigned i = 0; reached && i < w->ports->len; i++) {
        Port *p = w->ports->pdata[i];

        if (p->gateway) {
            pass(w, p, now);
            continue;
        }
        collect(w, p, now);
        settle(w, p, now);
    }
    if (reached) {
        network_advance(w->net, now);
        w->barrier = now;
    }
    for (unsigned i = 0; until.ns > now.ns && i < w->ports->len; i++)
        fill(w, w->ports->pdata[i], now, until);
}

static VTime due(VTime now, void *data)
{
    const Wire *w = data;

    return network_exact_due(w->net, now);
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
    engine_set_exchange(session->engine, &(EngineExchange){exchange, due, w});
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
    *p = (Port){.node = node, .index = index, .port = end->index, .flights = g_ptr_array_new()};
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
    *p = (Port){.gateway = gateway, .port = index, .flights = g_ptr_array_new()};
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

        if (p->nic && nic_sent(p->nic) > 0)
            return true;
    }
    return false;
}

/* What was put for the next boundary may not be due by a nearer one. */
static void take_back(const Wire *w)
{
    for (unsigned i = 0; i < w->ports->len; i++) {
        Port *p = w->ports->pdata[i];

        if (p->nic)
            nic_clear(p->nic);
        p->n_put = 0;
    }
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

        if (p->node && !p->nic && node_is_live(p->node) &&
            !(p->nic = nic_new(p->node, p->index, error)))
            return false;
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
