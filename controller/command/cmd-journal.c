/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-journal.c: journal. */
#include "controller/base/text.h"
#include "controller/base/units.h"
#include "controller/command/args.h"
#include "controller/run/trail.h"
#include "controller/session/journal.h"

#include <inttypes.h>
#include <string.h>

/* Whether an entry is one of the node's. NULL: of all. */
static bool is_wanted(const JournalEntry *e, const Node *node)
{
    return !node || g_strcmp0(e->node, node->name) == 0;
}

/* As in report.json, but for the data. */
static void answer_entry(Answer *a, const JournalEntry *e)
{
    Answer *row = answer_add(a, "entries");
    g_autofree char *what = journal_text(e);

    answer_count(row, "number", e->number);
    answer_int(row, "virtual_ns", e->time.ns);
    answer_bool(row, "running", e->running);
    answer_text(row, "node", e->node);
    if (e->counted)
        answer_int(row, "icount", e->insns.n);
    else
        answer_text(row, "icount", NULL);
    answer_text(row, "kind", journal_kind_name(e->kind));
    answer_text(row, "from", journal_source_name(e->source));
    answer_text(row, "what", what);
}

static void show(const Session *s, const JournalEntry *e)
{
    g_autofree char *time = units_format_seconds(e->time), *what = journal_text(e);
    g_autofree char *node = text_line(e->node ? e->node : "-", -1);
    g_autofree char *insns = e->counted ? g_strdup_printf("%" PRId64, e->insns.n) : g_strdup("-");

    session_print(s, "%6" PRIu64 " %15s%s %14s %-8s %-8s %s\n", e->number, time,
                  e->running ? "+" : " ", insns, node, journal_source_name(e->source), what);
}

/* Where the last n of the wanted entries begin. */
static unsigned find_first(const Session *s, const Node *node, int64_t n)
{
    unsigned first = journal_count(s);

    for (unsigned i = first; i-- > 0 && n > 0;) {
        if (!is_wanted(journal_entry(s, i), node))
            continue;
        first = i;
        n--;
    }
    return first;
}

static void show_frame(const Session *s)
{
    g_autofree char *origin = journal_origin(s) ? text_line(journal_origin(s), -1) : NULL;

    if (s->answer) {
        answer_text(s->answer, "origin", journal_origin(s));
        answer_count(s->answer, "dropped", journal_dropped(s));
        answer_list(s->answer, "entries");
        return;
    }
    if (origin)
        session_print(s, "as at %s\n", origin);
    if (journal_dropped(s) > 0)
        session_print(s, "the first %" PRIu64 " are no longer kept\n", journal_dropped(s));
    if (journal_count(s) == 0)
        session_print(s, "nothing came from outside\n");
    else
        session_print(s, "%6s %15s  %14s %-8s %-8s %s\n", "number", "virtual time", "icount",
                      "node", "from", "what");
}

/* Behind a way back: what is to be given again. */
static void show_future(const Session *s, const Node *node)
{
    bool any = false;

    for (unsigned i = trail_cursor(s); i < trail_count(s); i++) {
        const JournalEntry *e = trail_item(s, i)->entry;

        if (!e || !is_wanted(e, node))
            continue;
        if (!any)
            session_print(s, "comes again:\n");
        any = true;
        show(s, e);
    }
}

static CommandResult exec_journal(CommandCall *call, GError **error)
{
    const Session *s = call->session;
    const Node *node = args_has(call, "NODE") ? args_node(call) : NULL;
    int64_t last = args_count(call, "last", INT64_MAX);

    (void)error;
    if (s->options.dry)
        return COMMAND_DONE;
    show_frame(s);
    for (unsigned i = find_first(s, node, last); i < journal_count(s); i++) {
        const JournalEntry *e = journal_entry(s, i);

        if (!is_wanted(e, node))
            continue;
        if (s->answer)
            answer_entry(s->answer, e);
        else
            show(s, e);
    }
    if (!s->answer)
        show_future(s, node);
    return COMMAND_DONE;
}

const Command cmd_journal = {
    .name = "journal",
    .usage = "[NODE] [last=N]",
    .least = 1,
    .most = INT32_MAX,
    .help = "List what came from outside since `start`, with its virtual time (+: behind that "
            "barrier, while the ensemble ran) and the node's count of instructions: typed text, "
            "memory and registers written by commands or a gdb, single steps, changed links and "
            "other commands that change a started ensemble",
    .exec = exec_journal,
    .when = COMMAND_ANYTIME,
};
