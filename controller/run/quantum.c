/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quantum.c: compares the engine's quantum and the links' delivery with those that the network
 * wants, and changes both together where the ensemble stands at one time with no frame in flight.
 */
#include "controller/run/quantum.h"

#include "controller/base/log.h"
#include "controller/base/units.h"
#include "controller/fabric/fabric.h"
#include "controller/network/auto-quantum.h"
#include "controller/run/sampler.h"
#include "controller/session/output.h"

#include <string.h>

/* Most node names in a message. */
#define NAMED 3

static bool is_able(unsigned port, void *data)
{
    return fabric_can_be_exact(data, port);
}

static AutoQuantum wanted(const Session *s)
{
    if (s->fabric)
        return auto_quantum(fabric_network(s->fabric), engine_now(s->engine));
    return (AutoQuantum){.quantum = {AUTO_QUANTUM_USUAL}, .link = AUTO_QUANTUM_NO_LINK};
}

static bool has(const Session *s, const AutoQuantum *want)
{
    return engine_quantum(s->engine).ns == want->quantum.ns &&
           !(s->fabric &&
             auto_quantum_deliver(fabric_network(s->fabric), want, is_able, s->fabric, true));
}

/* Sets the wanted quantum and delivery. This can't fail: auto_quantum() returns only quanta that
 * the engine accepts. */
static void set_quantum(Session *s, const AutoQuantum *want)
{
    bool taken = engine_set_quantum(s->engine, want->quantum, NULL);

    if (s->fabric) {
        auto_quantum_deliver(fabric_network(s->fabric), want, is_able, s->fabric, false);
        taken = fabric_retime(s->fabric, want->quantum, engine_now(s->engine), NULL) && taken;
    }
    g_assert(taken);
}

/* Whether all nodes stand at one time, and no card has received frames for the next barrier. */
static bool is_still(const Session *s)
{
    return engine_stands_together(s->engine) && !fabric_in_flight(s->fabric);
}

void quantum_catch_up(const Session *s)
{
    if (s->auto_quantum && s->fabric && is_still(s))
        fabric_catch_up(s->fabric, engine_now(s->engine));
}

void quantum_follow(Session *s)
{
    AutoQuantum want;

    if (s->started)
        quantum_report(s);
    if (!s->auto_quantum || !is_still(s) ||
        (s->fabric && !fabric_is_up_to_date(s->fabric, engine_now(s->engine))))
        return;
    want = wanted(s);
    if (!has(s, &want))
        set_quantum(s, &want);
}

VTime quantum_next_time(const Session *s)
{
    VTime now = engine_now(s->engine), quantum = engine_quantum(s->engine);
    AutoQuantum want;

    if (!s->auto_quantum)
        return vtime(RUN_FOR_EVER);
    want = wanted(s);
    if (!has(s, &want))
        return engine_next_barrier(s->engine);
    return s->fabric ? auto_quantum_next(fabric_network(s->fabric), now, quantum)
                     : vtime(RUN_FOR_EVER);
}

/* Whether a link without a delivery option leads to the node, among the links that quantum_report()
 * has not reported yet. */
static bool is_reached(const Session *s, const Node *node)
{
    const Network *net = fabric_network(s->fabric);

    for (unsigned i = s->auto_reported; i < network_n_links(net); i++) {
        NetEnd ends[2];

        network_link_ends(net, i, ends);
        for (unsigned way = 0; way < 2; way++)
            if (!network_link_way(net, i, way)->params.exact_set && !ends[!way].is_switch &&
                strcmp(network_port_node(net, ends[!way].index), node->name) == 0)
                return true;
    }
    return false;
}

static void report_change_of_quantum(const Session *s, const Node *first, const char *nodes,
                                     const char *names)
{
    g_autofree char *reason = g_strdup_printf("packets for %s %s are delivered at barriers", nodes,
                                              names),
                    *text = NULL;
    g_autofree char *what = g_strdup("quantum auto");
    LintFinding f = {.severity = LINT_NOTE,
                     .what = what,
                     .reason = reason,
                     .mend = "exact delivery needs icount with sleep=off"};

    text = lint_text(&f);
    if (s->options.dry)
        session_finding(s, "node", first->name, &f);
    else if (!s->sampler)
        log_warn("%s", text);
}

void quantum_report(Session *s)
{
    g_autoptr(GString) names = g_string_new(NULL);
    const Node *first = NULL;
    unsigned n = 0;

    for (unsigned i = 0; s->auto_quantum && s->fabric && i < s->nodes->len; i++) {
        const Node *node = s->nodes->pdata[i];

        if ((node->icount.enabled && !node->icount.sleep_on) || !is_reached(s, node))
            continue;
        first = first ? first : node;
        if (n++ < NAMED)
            g_string_append_printf(names, "%s%s", n > 1 ? ", " : "", node->name);
    }
    if (s->auto_quantum && s->fabric)
        s->auto_reported = network_n_links(fabric_network(s->fabric));
    if (n > NAMED)
        g_string_append_printf(names, " and %u more", n - NAMED);
    if (n > 0)
        report_change_of_quantum(s, first, n > 1 ? "nodes" : "node", names->str);
}

char *quantum_text(const Session *s)
{
    g_autofree char *present = units_format_duration(engine_quantum(s->engine)), *text = NULL;
    AutoQuantum want;

    if (!s->auto_quantum)
        return g_steal_pointer(&present);
    want = wanted(s);
    if (!s->fabric)
        return g_strdup_printf("auto: %s, as there is no link", present);
    text = auto_quantum_text(&want, fabric_network(s->fabric));
    if (has(s, &want))
        return g_strdup_printf("auto: %s", text);
    return g_strdup_printf("auto: %s; from the next barrier on %s", present, text);
}

void quantum_set_auto(Session *s)
{
    s->auto_quantum = true;
    quantum_catch_up(s);
    quantum_follow(s);
}

bool quantum_set(Session *s, VTime quantum, GError **error)
{
    if (!engine_set_quantum(s->engine, quantum, error))
        return false;
    if (s->auto_quantum && s->fabric)
        auto_quantum_deliver(fabric_network(s->fabric), NULL, is_able, s->fabric, false);
    s->auto_quantum = false;
    return true;
}
