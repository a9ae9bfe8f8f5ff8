/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sleep-note.c: collects the nodes with icount and sleep=on, and makes one note of them. */
#include "controller/run/sleep-note.h"

#include "controller/base/log.h"
#include "controller/run/sampler.h"
#include "controller/session/output.h"

/* Most node names in the note. */
#define NAMED 3

/* Attached nodes do not count: somebody else started them, and they do not begin at the same state
 * in each run. */
static bool sleeps_on(const Node *n)
{
    return !n->attached && n->icount.enabled && n->icount.sleep_on;
}

static GPtrArray *sleepers(const Session *s)
{
    GPtrArray *nodes = g_ptr_array_new();

    for (unsigned i = 0; i < s->nodes->len; i++)
        if (sleeps_on(s->nodes->pdata[i]))
            g_ptr_array_add(nodes, s->nodes->pdata[i]);
    return nodes;
}

/* "sleep=on" if all nodes have it, else "sleep=on of node b"; free with g_free(). */
static char *quote(const GPtrArray *nodes, const Session *s)
{
    GString *text = g_string_new("sleep=on");

    if (nodes->len == s->nodes->len)
        return g_string_free(text, FALSE);
    if (nodes->len > NAMED) {
        g_string_append_printf(text, " of %u nodes", nodes->len);
        return g_string_free(text, FALSE);
    }
    for (unsigned i = 0; i < nodes->len; i++)
        g_string_append_printf(text, "%s%s",
                               i                ? ", "
                               : nodes->len > 1 ? " of nodes "
                                                : " of node ",
                               ((const Node *)nodes->pdata[i])->name);
    return g_string_free(text, FALSE);
}

/* How to make the run repeatable. A default does not help a node whose own options set sleep. */
static const char *mend(const GPtrArray *nodes)
{
    for (unsigned i = 0; i < nodes->len; i++)
        if (((const Node *)nodes->pdata[i])->options->sleep_given)
            return "one with sleep=off in icount= does";
    return "one with `defaults icount=sleep=off` in front of its nodes does";
}

void sleep_note_report(Session *s)
{
    g_autoptr(GPtrArray) nodes = s->sleep_reported ? g_ptr_array_new() : sleepers(s);
    g_autofree char *what = NULL, *text = NULL;
    LintFinding f = {.severity = LINT_NOTE, .reason = "such a run does not repeat itself"};

    if (nodes->len == 0)
        return;
    s->sleep_reported = true;
    what = quote(nodes, s);
    f.what = what;
    f.mend = mend(nodes);
    text = lint_text(&f);
    if (s->options.dry)
        session_finding(s, "node", ((const Node *)nodes->pdata[0])->name, &f);
    else if (s->sampler)
        sampler_note(s, "%s", text);
    else
        log_warn("%s", text);
}
