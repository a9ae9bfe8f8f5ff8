/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire.c: the wire's ports and figures; see wire.h. */
#include "controller/wire-private.h"

#include "controller/base/log.h"
#include "controller/base/near.h"
#include "controller/base/units.h"

#include <inttypes.h>
#include <string.h>

typedef struct {
    NetObserver func;
    void *data;
} Observer;

static void port_free(void *data)
{
    WirePort *p = data;

    wire_forget(p);
    gateway_free(p->gateway);
    card_free(p->card);
    far_card_free(p->far);
    if (p->flights)
        g_ptr_array_unref(p->flights);
    g_free(p);
}

/* --- building --- */

Wire *wire_new(Session *session)
{
    Wire *w = g_new0(Wire, 1);
    EngineExchange exchange;

    w->session = session;
    w->quantum = engine_quantum(session->engine);
    w->net = network_new(1, w->quantum);
    w->observers = g_array_new(FALSE, FALSE, sizeof(Observer));
    w->trace = trace_new(TRACE_DEFAULT_CAP);
    w->ports = g_ptr_array_new_with_free_func(port_free);
    network_set_trace(w->net, w->trace);
    w->islands = islands_new();
    exchange = wire_exchange(w);
    engine_set_exchange(session->engine, &exchange);
    return w;
}

void wire_free(Wire *w)
{
    if (!w)
        return;
    engine_set_exchange(w->session->engine, NULL);
    network_free(w->net);
    network_free(w->copy);
    islands_free(w->islands);
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

/* "; did you mean 'NAME'?" or "". */
static char *meant_end(const Wire *w, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (unsigned i = 0; i < w->session->nodes->len; i++)
        g_ptr_array_add(names, ((Node *)w->session->nodes->pdata[i])->name);
    for (unsigned i = 0; i < network_n_switches(w->net); i++)
        g_ptr_array_add(names, (char *)network_end_name(w->net, (NetEnd){true, i}));
    for (unsigned i = 0; i < w->ports->len; i++)
        g_ptr_array_add(names, (char *)network_end_name(w->net, (NetEnd){false, i}));
    g_ptr_array_add(names, NULL);
    return near_meant(name, (const char *const *)names->pdata);
}

/* "a" is the first card of a, "a.1" its second. */
static Node *card_of(const Wire *w, const char *name, int64_t *index, GError **error)
{
    const char *dot = strrchr(name, '.');
    g_autofree char *plain = dot ? g_strndup(name, (gsize)(dot - name)) : g_strdup(name);
    g_autofree char *meant = NULL;
    Node *node = session_node(w->session, plain);

    *index = 0;
    if (!node) {
        checking_in_doubt(w->session->checking, CHECKING_END, plain);
        meant = meant_end(w, plain);
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "'%s' is neither a node nor a switch%s",
                    name, meant);
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
    WirePort *p;

    node_options_mac(node->options, node->index, index, mac);
    *end = (NetEnd){0};
    if (!network_add_port(w->net, name, mac, &end->index, error))
        return false;
    p = g_new0(WirePort, 1);
    *p = (WirePort){.wire = w, .node = node, .index = index, .port = end->index};
    g_ptr_array_add(w->ports, p);
    return true;
}

/* Of no node's: those begin with 52:54:00:6d (node_options_mac()). */
bool wire_add_gateway(Wire *w, const char *name, Gateway *gateway, GError **error)
{
    uint8_t mac[MAC_LEN] = {
        0x52, 0x54, 0x00, 0x67, (uint8_t)(w->ports->len >> 8), (uint8_t)w->ports->len};
    unsigned index;
    WirePort *p;

    if (!network_add_port(w->net, name, mac, &index, error)) {
        gateway_free(gateway);
        return false;
    }
    p = g_new0(WirePort, 1);
    *p = (WirePort){.wire = w, .gateway = gateway, .port = index};
    g_ptr_array_add(w->ports, p);
    return true;
}

const Gateway *wire_gateway(const Wire *w, unsigned port)
{
    return wire_port(w, port)->gateway;
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
        if (wire_port(w, i)->node == node)
            return true;
    return false;
}

/* An idle node with sleep=on stands past its stops. */
static void warn_of_sleep(const Wire *w, unsigned link)
{
    NetEnd ends[2];

    network_link_ends(w->net, link, ends);
    for (unsigned i = 0; i < 2; i++) {
        const WirePort *p = ends[i].is_switch ? NULL : wire_port(w, ends[i].index);

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
        const WirePort *p = wire_port(w, i);

        if ((p->card && nic_sent(p->card->nic) > 0) || (p->far && p->far->in_flight))
            return true;
    }
    return false;
}

/* What was put for the next boundary may not be due by a nearer one. */
static void take_back(const Wire *w)
{
    for (unsigned i = 0; i < w->ports->len; i++) {
        const WirePort *p = wire_port(w, i);

        if (p->card)
            card_take_back(p->card);
    }
}

static bool open_port(Wire *w, WirePort *p, GError **error)
{
    Far *far = p->node->far;

    if (p->card || p->far || !node_is_live(p->node))
        return true;
    if (far) {
        p->far = far_card_new(p->node, p->index);
        p->far->port = p->port;
        p->flights = g_ptr_array_new();
        if (far->ops->open_card(far, p->far, engine_now(w->session->engine), error))
            return true;
        g_clear_pointer(&p->far, far_card_free);
        g_clear_pointer(&p->flights, g_ptr_array_unref);
        return false;
    }
    p->card = card_new(p->node, p->index, engine_now(w->session->engine), &wire_cards, error);
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
        WirePort *p = wire_port(w, i);

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

static void add_stats(NetPortStats *sum, const NetPortStats *s)
{
    sum->sent += s->sent;
    sum->received += s->received;
    sum->late += s->late;
    sum->carried += s->carried;
    sum->refused += s->refused;
    sum->copies += s->copies;
    sum->arrived += s->arrived;
    sum->dropped += s->dropped;
    sum->filtered += s->filtered;
    sum->malformed += s->malformed;
}

NetPortStats wire_node_stats(const Wire *w, const Node *node)
{
    NetPortStats sum = {0};

    for (unsigned i = 0; w && i < w->ports->len; i++)
        if (wire_port(w, i)->node == node)
            add_stats(&sum, network_port_stats(w->net, wire_port(w, i)->port));
    return sum;
}

NetPortStats wire_total_stats(const Wire *w)
{
    NetPortStats sum = {0};

    for (unsigned i = 0; w && i < network_n_ports(w->net); i++)
        add_stats(&sum, network_port_stats(w->net, i));
    return sum;
}

char *wire_node_digest(const Wire *w, const Node *node)
{
    return trace_node_sha256(w->trace, trace_node(w->trace, node->name));
}

uint64_t wire_late(const Wire *w)
{
    uint64_t late = w ? w->strays : 0;

    for (unsigned i = 0; w && i < w->ports->len; i++)
        late += network_port_stats(w->net, i)->late;
    return late;
}
