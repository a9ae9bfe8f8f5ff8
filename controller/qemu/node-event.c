/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node-event.c: see node-event.h. */
#include "controller/qemu/node-event.h"

static NodeEventFunc event_func;
static void *event_data;

void node_on_event(NodeEventFunc func, void *data)
{
    event_func = func;
    event_data = data;
}

void node_relay_event(const Node *n, const NodeEvent *event)
{
    if (event_func)
        event_func(n, event, event_data);
}

/* Time of the event that is being handled, on this host's monotonic clock; now if the event has no
 * time. */
static HTime event_time(const Node *n)
{
    int64_t us = n->qmp ? qmp_client_event_us(n->qmp) : -1;
    HTime now = htime_now();

    return us < 0 ? now : (HTime){now.ns - (g_get_real_time() - us) * NS_PER_US};
}

void node_report_event(Node *n, NodeEventKind what, const char *why, const char *detail)
{
    NodeEvent t = {.what = what, .state = node_shown_state(n), .exit_status = n->exit_status};
    g_autofree char *repeated = NULL;

    if (!event_func)
        return;
    g_strlcpy(t.why, why ? why : "", sizeof(t.why));
    t.detail = (char *)detail;
    t.exact = what == NODE_EVENT_LEFT ? !n->clock_stale : !n->quanta;
    t.time = !t.exact && n->quanta
                 ? quanta_find(n->quanta, detail || n->clock_stale ? htime_now() : event_time(n))
                 : node_ensemble_time(n);
    if (what != NODE_EVENT_LEFT && !detail) {
        unsigned times;

        if (!node_life_reports(&n->life, what, t.time, &times))
            return;
        if (times >= 10) {
            repeated = g_strdup_printf("%u times so far", times);
            t.detail = repeated;
        }
    }
    node_relay_event(n, &t);
}

static void on_event(QmpClient *client, const char *event, const char *data, void *opaque)
{
    Node *n = opaque;
    QmpRunEvent e;
    NodeEventKind what;

    qmp_run_event_parse(event, data, &e);
    what = node_life_step(&n->life, &e, n->expect_stop || n->stops_due > 0);
    if (e.kind == QMP_RUN_STOP && n->stops_due > 0)
        n->stops_due--;
    if (what != NODE_EVENT_NOTHING)
        node_report_event(n, what, e.why, NULL);
    /* Nobody drives it any more: it is not to run on by itself. */
    if (what == NODE_EVENT_WAKEUP && node_state_has_left(n->state))
        qmp_client_post(client, "stop", NULL, NULL);
}

void node_watch_events(Node *n)
{
    for (unsigned i = 0; qmp_run_event_name(i); i++)
        qmp_client_on_event(n->qmp, qmp_run_event_name(i), on_event, n);
}
