/* SPDX-License-Identifier: GPL-3.0-or-later */
/* print-node-event.c: prints an event of a node (events.h) as a line, or as JSON for programs. */
#include "controller/command/print-node-event.h"

#include "controller/command/command.h"
#include "controller/gdbserver/gdb-endpoint.h"

#include <inttypes.h>

static void print_event(const Session *s, const char *name, const NodeEvent *t)
{
    g_autofree char *text = node_event_text(name, t);
    g_autofree char *virtual_ns = g_strdup_printf("%" PRId64, t->time.ns);
    g_autofree char *status =
        t->exit_status >= 0 ? g_strdup_printf("%d", t->exit_status) : g_strdup("");
    const char *const members[] = {"node",        name,
                                   "state",       node_state_name(t->state),
                                   "what",        node_event_name(t),
                                   "reason",      t->why,
                                   "exit_status", status,
                                   "virtual_ns",  virtual_ns,
                                   "exact",       t->exact ? "yes" : "no",
                                   "text",        t->what == NODE_EVENT_FAILED ? t->detail : text,
                                   NULL};

    session_event(s, "node", members);
}

void print_node_event(Session *s, const char *name, const NodeEvent *t)
{
    g_autofree char *text = node_event_text(name, t);

    print_event(s, name, t);
    if (t->what == NODE_EVENT_FAILED)
        return; /* an error says it */
    if (!s->options.json)
        session_print(s, "%s\n", text);
    gdb_report_all(s, text);
}
