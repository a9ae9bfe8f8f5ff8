/* SPDX-License-Identifier: GPL-3.0-or-later */
/* telling.c: turns QEMU's events into reports, with the virtual time or the quantum of each. */
#include "controller/qemu/telling.h"

static NodeTellFunc tell_func;
static void *tell_data;

void node_on_tell(NodeTellFunc func, void *data)
{
    tell_func = func;
    tell_data = data;
}

void node_relay(const Node *n, const NodeTelling *telling)
{
    if (tell_func)
        tell_func(n, telling, tell_data);
}

/* Time of the event that is being handled, on this host's monotonic clock; now if the event has no
 * time. */
static HTime event_time(const Node *n)
{
    int64_t us = n->qmp ? qmp_client_event_us(n->qmp) : -1;
    HTime now = htime_now();

    return us < 0 ? now : (HTime){now.ns - (g_get_real_time() - us) * NS_PER_US};
}

void node_tell(Node *n, NodeWhat what, const char *why, const char *detail)
{
    NodeTelling t = {.what = what, .state = node_shown_state(n), .exit_status = n->exit_status};
    g_autofree char *repeated = NULL;

    if (!tell_func)
        return;
    g_strlcpy(t.why, why ? why : "", sizeof(t.why));
    t.detail = (char *)detail;
    t.exact = what == NODE_WHAT_LEFT ? !n->clock_stale : !n->quanta;
    t.time = !t.exact && n->quanta
                 ? quanta_find(n->quanta, detail || n->clock_stale ? htime_now() : event_time(n))
                 : node_ensemble_time(n);
    if (what != NODE_WHAT_LEFT && !detail) {
        unsigned times;

        if (!node_life_tells(&n->life, what, t.time, &times))
            return;
        if (times >= 10) {
            repeated = g_strdup_printf("%u times so far", times);
            t.detail = repeated;
        }
    }
    node_relay(n, &t);
}

static void on_event(QmpClient *client, const char *event, const char *data, void *opaque)
{
    Node *n = opaque;
    QmpRunEvent e;
    NodeWhat what;

    qmp_run_event_parse(event, data, &e);
    what = node_life_step(&n->life, &e, n->expect_stop || n->stops_due > 0);
    if (e.kind == QMP_RUN_STOP && n->stops_due > 0)
        n->stops_due--;
    if (what != NODE_WHAT_NOTHING)
        node_tell(n, what, e.why, NULL);
    /* Nobody drives a node that has left, so QEMU must not run it on by itself. */
    if (what == NODE_WHAT_WAKEUP && node_state_has_left(n->state))
        qmp_client_post(client, "stop", NULL, NULL);
}

void node_watch_events(Node *n)
{
    for (unsigned i = 0; qmp_run_event_name(i); i++)
        qmp_client_on_event(n->qmp, qmp_run_event_name(i), on_event, n);
}
