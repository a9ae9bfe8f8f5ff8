/* SPDX-License-Identifier: GPL-3.0-or-later */
/* restart.c: each part begins again in the order in which a session builds them. */
#include "controller/save/restart.h"

#include "controller/fabric/fabric.h"
#include "controller/qemu/console-state.h"
#include "controller/qemu/consoles.h"
#include "controller/qemu/debug.h"
#include "controller/qemu/ending.h"
#include "controller/qemu/launch.h"
#include "controller/qemu/uart.h"
#include "controller/run/breaks.h"
#include "controller/run/tracer.h"
#include "controller/save/machines.h"
#include "controller/save/nodes.h"
#include "controller/save/spares.h"
#include "controller/session/events.h"
#include "controller/session/journal.h"

/* An empty console is loaded, so that there is one way to change what a console holds. */
static bool restart_console(Console *c, GError **error)
{
    g_autoptr(Console) empty = console_new(-1, "/dev/null", error);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Reader r;

    if (!empty)
        return false;
    console_save(empty, bytes);
    r = reader_of(bytes);
    return console_load(c, &r, vtime(0), error);
}

static bool restart_node(Session *s, Node *n, GError **error)
{
    machine_disconnect(s, n);
    if (!n->remote) /* else the agent does */
        node_drop_process(n);
    node_begin_again(n);
    for (unsigned i = 0; i < n->uarts->len; i++)
        g_byte_array_set_size(uart_at(n, i)->waiting, 0);
    for (unsigned i = 0; i < node_n_consoles(n); i++)
        if (node_console(n, i) && !restart_console(node_console(n, i), error))
            return false;
    if (!node_launch(n, s->dir, s->options.qemu, local_host_sched_mode(s->host), error) ||
        !debug_reconnect(n, false, error))
        return false;
    if (!engine_node_stats(s->engine, n))
        engine_add(s->engine, n);
    events_add(s->events, n);
    return true;
}

bool restart_can(const Session *s, GError **error)
{
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];

        if (!n->attached)
            continue;
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s was attached: metronome can't start its QEMU anew", n->name);
        return false;
    }
    return true;
}

void restart_foresee(Session *s)
{
    engine_restart(s->engine);
    breaks_restart(s);
    s->started = true;
    s->stopped_by = 0;
}

bool restart_all(Session *s, GError **error)
{
    VTime now = engine_now(s->engine);

    if (!restart_can(s, error) || !nodes_have_programs(s, NULL, error) ||
        !nodes_have_files(s, error))
        return false;
    nodes_close_cards(s);
    for (unsigned i = 0; i < s->nodes->len; i++)
        if (!restart_node(s, s->nodes->pdata[i], error))
            return false;
    engine_restart(s->engine);
    if (s->fabric)
        fabric_restart(s->fabric, now);
    breaks_restart(s);
    s->started = true;
    journal_clear(s);
    spares_renew(s);
    s->stopped_by = 0;
    s->in_runs = (HTime){0};
    s->last_run = (HTime){0};
    s->last_passed = vtime(0);
    tracer_anew(s, "restart");
    return true;
}
