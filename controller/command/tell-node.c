/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tell-node.c: what a node has told (events.h), as a line, or as an event for programs. */
#include "controller/command/tell-node.h"

#include "controller/command/command.h"
#include "controller/gdbserver/gdb-endpoint.h"

#include <inttypes.h>

static void tell_event(const Session *s, const char *name, const NodeTelling *t)
{
    g_autofree char *text = node_telling_text(name, t);
    g_autofree char *virtual_ns = g_strdup_printf("%" PRId64, t->time.ns);
    g_autofree char *status =
        t->exit_status >= 0 ? g_strdup_printf("%d", t->exit_status) : g_strdup("");
    const char *const members[] = {"node",        name,
                                   "state",       node_state_name(t->state),
                                   "what",        node_what_name(t),
                                   "reason",      t->why,
                                   "exit_status", status,
                                   "virtual_ns",  virtual_ns,
                                   "exact",       t->exact ? "yes" : "no",
                                   "text",        t->what == NODE_WHAT_FAILED ? t->detail : text,
                                   NULL};

    session_event(s, "node", members);
}

void tell_node(Session *s, const char *name, const NodeTelling *t)
{
    g_autofree char *text = node_telling_text(name, t);

    tell_event(s, name, t);
    if (t->what == NODE_WHAT_FAILED)
        return; /* an error says it */
    if (!s->options.json)
        session_print(s, "%s\n", text);
    gdb_tell_all(s, text);
}
