/* SPDX-License-Identifier: GPL-3.0-or-later */
/* values.c: see values.h. */
#include "controller/command/values.h"

#include <string.h>

const char values_of_nodes[] =
    "time, virtual, icount, idle, overshoot, idle_skip, missed, offset, console_bytes";
const char values_of_ensemble[] = "time, quantum, barriers, missed, break";

/* The node's time in the ensemble's count: at a barrier, as its note has it. */
static VTime time_of(const Values *v, const Node *n)
{
    for (unsigned i = 0; v->view && i < v->view->n_slots; i++)
        if (v->view->slots[i].node == n && v->view->slots[i].stamp_us >= 0)
            return vtime(v->view->slots[i].stamp_us * NS_PER_US);
    return node_ensemble_time(n);
}

static VTime now(const Values *v)
{
    return v->view ? v->view->time : engine_now(v->session->engine);
}

static bool node_field(Values *v, const Node *n, const char *field, ExprValue *out)
{
    const NodeStats *st = engine_node_stats(v->session->engine, n);
    VTime time = time_of(v, n);
    const struct {
        const char *name;
        ExprValue value;
        bool clock;
    } known[] = {
        {"time", {EXPR_TIME, time.ns}, false},
        {"virtual", {EXPR_TIME, vtime_add(time, n->epoch).ns}, false},
        {"icount", {EXPR_COUNT, n->clock.icount.n}, true},
        {"idle", {EXPR_TIME, n->clock.bias.ns}, true},
        {"overshoot", {EXPR_TIME, st ? dist_max(&st->overshoot) : 0}, false},
        {"idle_skip", {EXPR_TIME, st ? dist_max(&st->idle_skip) : 0}, false},
        {"missed", {EXPR_COUNT, st ? (int64_t)st->missed : 0}, false},
        {"offset", {EXPR_TIME, vtime_sub(time, now(v)).ns}, false},
        {"console_bytes", {EXPR_COUNT, n->console ? (int64_t)console_bytes(n->console) : 0}, false},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(known); i++) {
        if (strcmp(known[i].name, field) == 0) {
            *out = known[i].value;
            v->used_clock = v->used_clock || known[i].clock;
            return true;
        }
    }
    return false;
}

static bool ensemble_value(const Values *v, const char *name, ExprValue *out)
{
    const Session *s = v->session;

    if (strcmp(name, "time") == 0)
        *out = (ExprValue){EXPR_TIME, now(v).ns};
    else if (strcmp(name, "quantum") == 0)
        *out = (ExprValue){EXPR_TIME, engine_quantum(s->engine).ns};
    else if (strcmp(name, "barriers") == 0)
        *out = (ExprValue){EXPR_COUNT, (int64_t)engine_stats(s->engine)->barriers};
    else if (strcmp(name, "missed") == 0)
        *out = (ExprValue){EXPR_COUNT, (int64_t)engine_missed(s->engine)};
    else if (strcmp(name, "break") == 0)
        *out = (ExprValue){EXPR_COUNT, s->stopped_by};
    else
        return false;
    return true;
}

bool values_lookup(const char *name, ExprValue *out, void *data, GError **error)
{
    Values *v = data;
    const char *dot = strchr(name, '.');
    g_autofree char *node_name = dot ? g_strndup(name, (gsize)(dot - name)) : NULL;
    const Node *node;

    if (!dot) {
        if (ensemble_value(v, name, out))
            return true;
        g_set_error(error, EXPR_ERROR, 0, "unknown value '%s': NODE.FIELD (%s), or %s", name,
                    values_of_nodes, values_of_ensemble);
        return false;
    }
    node = session_find_node(v->session, node_name, error);
    if (!node)
        return false;
    if (node_field(v, node, dot + 1, out))
        return true;
    g_set_error(error, EXPR_ERROR, 0, "a node has no '%s': %s", dot + 1, values_of_nodes);
    return false;
}
