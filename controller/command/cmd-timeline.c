/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd-timeline.c: trace: a timeline for trace viewers, and a profile of a node's functions. */
#include "controller/command/args.h"
#include "controller/run/profile.h"
#include "controller/run/tracer.h"
#include "controller/session/table.h"

#include <inttypes.h>

/* Barriers from one look at the nodes to the next: a stop takes a millisecond or two for each node. */
#define EVERY 10

/* Rows of the table at the prompt. */
#define SHOWN 20

/* Whether a profile or the trace will be written to this file. */
static bool is_taken(const Session *s, const char *path, GError **error)
{
    const char *node = profile_writer(s, path), *trace = tracer_path(s);
    g_autofree char *canonical = g_canonicalize_filename(path, NULL);
    g_autofree char *other = trace ? g_canonicalize_filename(trace, NULL) : NULL;

    if (!node && g_strcmp0(canonical, other) != 0)
        return false;
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "'%s' is the file of %s%s already: choose another name", path,
                node ? "the functions of node " : "the trace", node ? node : "");
    return true;
}

static bool may_write(const CommandCall *call, const char *path, GError **error)
{
    const Session *s = call->session;

    return !is_taken(s, path, error) &&
           (!s->options.dry || command_would_write(s, path, false, error));
}

/* --- functions --- */

static const Column columns[] = {
    COLUMN("samples", "samples", 9),
    COLUMN("percent", "%", 7, .decimals = 2),
    COLUMN("function", "function", 0, .apart = true),
};
static const Table table = {"functions", columns, G_N_ELEMENTS(columns)};

static void show_row(const Session *s, const Profile *p, const char *name, uint64_t n)
{
    const Cell cells[] = {cell_count(n),
                          cell_real(100.0 * (double)n / (double)MAX(profile_samples(p), 1)),
                          cell_text(name)};

    table_row(s, &table, cells);
}

static void show_heading(const Session *s, const Node *n, const Profile *p)
{
    uint64_t lost;
    const char *trouble = profile_trouble(p, &lost);

    if (s->answer) {
        answer_text(s->answer, "node", n->name);
        answer_count(s->answer, "samples", profile_samples(p));
        answer_count(s->answer, "idle", profile_idle(p));
        answer_count(s->answer, "lost", lost);
        answer_count(s->answer, "every", (uint64_t)profile_every(p));
        return;
    }
    if (profile_every(p) == 1)
        session_print(s, "node %s: %" PRIu64 " samples, one a barrier\n", n->name,
                      profile_samples(p));
    else
        session_print(s, "node %s: %" PRIu64 " samples, one every %" PRId64 " barriers\n", n->name,
                      profile_samples(p), profile_every(p));
    if (trouble)
        session_print(s, "no sample at %" PRIu64 " barriers, first: %s\n", lost, trouble);
}

/* For people the most frequent ones, for programs all. */
static void show(const Session *s, const Node *n, const Profile *p)
{
    g_autoptr(GArray) rows = profile_rows(p);
    unsigned shown = s->answer ? rows->len : MIN(rows->len, SHOWN);
    uint64_t rest = 0;

    show_heading(s, n, p);
    table_begin(s, &table);
    for (unsigned i = 0; i < rows->len; i++) {
        const ProfileRow *r = &g_array_index(rows, ProfileRow, i);

        if (i < shown)
            show_row(s, p, r->name, r->count);
        else
            rest += r->count;
    }
    if (rest > 0) {
        g_autofree char *others = g_strdup_printf("[%u others]", rows->len - shown);

        show_row(s, p, others, rest);
    }
    if (!s->answer)
        show_row(s, p, "[idle]", profile_idle(p));
}

static CommandResult refuse_options(const Node *n, GError **error)
{
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "the functions of node %s are being sampled: `trace %s functions` shows them, "
                "`trace %s functions off` ends that",
                n->name, n->name, n->name);
    return COMMAND_FAILED;
}

static CommandResult functions(CommandCall *call, GError **error)
{
    Session *s = call->session;
    Node *n = args_node(call);
    const Profile *p = profile_of(s, n);
    const ProfileOptions o = {.path = args_text(call, "FILE"),
                              .every = args_count(call, "every", 1),
                              .depth = (unsigned)args_count(call, "depth", 1)};

    if (args_has(call, "off")) {
        profile_end(s, n);
        return COMMAND_DONE;
    }
    if (p && (o.path || args_has(call, "every") || args_has(call, "depth")))
        return refuse_options(n, error);
    if (p) {
        if (!s->options.dry)
            show(s, n, p);
        return COMMAND_DONE;
    }
    if (o.depth > PROFILE_MAX_DEPTH) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "depth=%u: a stack has 1 to %d functions", o.depth, PROFILE_MAX_DEPTH);
        return COMMAND_FAILED;
    }
    if ((o.path && !may_write(call, o.path, error)) || !profile_begin(s, n, &o, error))
        return COMMAND_FAILED;
    return COMMAND_DONE;
}

/* --- timeline --- */

static void say_end(const Session *s, const char *path, uint64_t events)
{
    if (s->options.dry)
        return;
    if (s->answer) {
        answer_text(s->answer, "file", path);
        answer_count(s->answer, "events", events);
    } else {
        session_print(s, "trace '%s': %" PRIu64 " events\n", path, events);
    }
}

static CommandResult begin(CommandCall *call, GError **error)
{
    Session *s = call->session;
    const TracerOptions o = {.path = args_text(call, "FILE"),
                             .every = args_count(call, "every", EVERY),
                             .barriers = args_is(call, "barriers", "on")};

    if (session_node(s, o.path)) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "'%s' is a node: `trace %s functions` samples its functions; a file of that "
                    "name is './%s'",
                    o.path, o.path, o.path);
        return COMMAND_FAILED;
    }
    /* A second trace is refused by its own words. */
    return (tracer_path(s) || may_write(call, o.path, error)) && tracer_begin(s, &o, error)
               ? COMMAND_DONE
               : COMMAND_FAILED;
}

static CommandResult exec_trace(CommandCall *call, GError **error)
{
    g_autofree char *path = NULL;
    uint64_t events;

    if (args_has(call, "functions"))
        return functions(call, error);
    if (!args_has(call, "off"))
        return begin(call, error);
    if (tracer_end(call->session, &events, &path))
        say_end(call->session, path, events);
    return COMMAND_DONE;
}

const Command cmd_trace = {
    .name = "trace",
    .usage =
        "off | NODE functions off | NODE functions [FILE] [every=N] [depth=N] | FILE [every=N] "
        "[barriers=on|off]",
    .least = 1,
    .most = 1000000,
    .help =
        "Write the runs to a file for trace viewers (Perfetto, chrome://tracing): what vCPUs did, "
        "looked at every 10th barrier, packets, console lines, breaks, clock readings; off ends "
        "it. functions: sample the program counters of a node at every barrier, then show in which "
        "functions they were; FILE gets collapsed stacks for flame graphs",
    .exec = exec_trace,
    .outside = true,
};
