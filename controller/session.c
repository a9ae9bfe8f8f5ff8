/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session.c: nodes and engine brought together, variables, the report's picture. */
#include "controller/session.h"

#include "controller/base/log.h"
#include "controller/base/near.h"
#include "controller/base/text.h"
#include "controller/describe.h"
#include "controller/engine/debug.h"
#include "controller/events.h"
#include "controller/node/defaults.h"
#include "controller/node/sweep.h"
#include "controller/wire.h"

#include <string.h>
#include <sys/resource.h>

/* More are no help in a message. */
#define LISTED_NODES 10

static void node_destroy(void *data)
{
    node_free(data);
}

/* A node takes about ten descriptors; the soft limit is often 1024. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Whose time the log shows. A lane logs what it stamps only during its leg, and while there is a
 * leg the main thread changes nothing that engine_now() looks at but atomics. */
static Engine *logged;

static VTime logged_now(void)
{
    return engine_now(logged);
}

static char *date_of_host(void)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();

    return g_date_time_format(now, "%Y-%m-%dT%H:%M:%S%:z");
}

Session *session_new(SessionOptions options, GError **error)
{
    Session *s = g_new0(Session, 1);

    raise_descriptor_limit();
    g_mutex_init(&s->verdict_lock);
    s->options = options;
    s->started_at = date_of_host();
    s->nodes = g_ptr_array_new_with_free_func(node_destroy);
    s->defaults = node_defaults_new();
    s->variables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    s->fixed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!options.dry && !(s->dir = rundir_new(error))) {
        session_free(s);
        return NULL;
    }
    s->checking = options.dry ? checking_new() : NULL;
    s->host = host_new(options.dry ? RANK_BEST_EFFORT : rank_probe());
    s->engine = engine_new(s->host);
    s->loop = g_main_loop_new(NULL, FALSE);
    if (!options.dry) {
        s->events = events_new(s);
        logged = s->engine;
        log_set_virtual(logged_now);
    }
    return s;
}

static bool remove_node(Session *s, Node *node, GError **error)
{
    bool ok;

    events_remove(s->events, node);
    ok = engine_remove(s->engine, node, error);
    if (node->before && !node_detach(node, ok ? error : NULL))
        ok = false;
    if (!ok)
        g_prefix_error(error, "node %s: ", node->name);
    g_ptr_array_remove(s->nodes, node);
    return ok;
}

/* What is attached runs on without us; what was launched ends. */
static void release_nodes(Session *s)
{
    while (s->nodes->len > 0) {
        g_autoptr(GError) error = NULL;

        if (!remove_node(s, s->nodes->pdata[s->nodes->len - 1], &error))
            log_warn("%s", error->message);
    }
}

/* --- recording --- */

struct Recorder {
    unsigned n;
    Node **columns;
    int64_t *stamps, *waited;
};

static void recorder_clear(Recorder *r)
{
    g_clear_pointer(&r->columns, g_free);
    g_clear_pointer(&r->stamps, g_free);
    g_clear_pointer(&r->waited, g_free);
    r->n = 0;
}

/* In the thread that completes the barrier. Slots and columns are in the same order. */
static bool record_barrier(const BarrierView *view, void *data)
{
    Session *s = data;
    Recorder *r = s->recorder;

    for (unsigned column = 0, slot = 0; column < r->n; column++) {
        const Slot *at = slot < view->n_slots ? &view->slots[slot] : NULL;

        r->stamps[column] = -1;
        if (!at || at->node != r->columns[column])
            continue;
        slot++;
        r->stamps[column] = at->stamp_us;
        r->waited[column] = view->met ? MAX(0, htime_sub(view->last, at->arrived).ns) : 0;
    }
    report_row(s->report, view->number, view->time,
               view->met ? htime_sub(view->last, view->granted) : (HTime){0}, r->stamps, r->waited,
               r->n);
    return false;
}

static gboolean drain(gpointer data)
{
    report_drain(data);
    return G_SOURCE_CONTINUE;
}

/* That of an earlier run must not pass for this one's if it comes to no end. */
static bool write_first(const Session *s, GError **error)
{
    ReportSummary now;
    bool ok;

    session_describe(s, &now);
    ok = report_write(s->report, &now, error);
    report_summary_clear(&now);
    return ok;
}

bool session_record(Session *s, const char *dir, GError **error)
{
    s->report = report_new(dir, error);
    if (!s->report)
        return false;
    s->recorder = g_new0(Recorder, 1);
    s->drain_source = g_timeout_add(50, drain, s->report);
    engine_observe(s->engine, record_barrier, true, s);
    return write_first(s, error);
}

static bool same_columns(const Session *s)
{
    const Recorder *r = s->recorder;

    for (unsigned i = 0; i < r->n && i < s->nodes->len; i++)
        if (r->columns[i] != s->nodes->pdata[i])
            return false;
    return r->n == s->nodes->len;
}

void session_prepare_recording(Session *s)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    Recorder *r = s->recorder;

    if (!s->report || same_columns(s))
        return;
    recorder_clear(r);
    r->n = s->nodes->len;
    r->columns = g_new(Node *, r->n);
    r->stamps = g_new0(int64_t, r->n);
    r->waited = g_new0(int64_t, r->n);
    for (unsigned i = 0; i < r->n; i++) {
        r->columns[i] = s->nodes->pdata[i];
        g_ptr_array_add(names, r->columns[i]->name);
    }
    report_columns(s->report, (const char *const *)names->pdata, r->n);
}

/* --- the end of a run that somebody wants --- */

/* A person has pressed Ctrl-C, or the machine is to go down. */
#define HURRY_MS 3000

static gboolean on_late(gpointer data)
{
    Session *s = data;

    s->hurry_source = 0;
    if (engine_running(s->engine)) {
        log_warn("no barrier within %d s: the nodes are stopped where they are", HURRY_MS / 1000);
        engine_hurry(s->engine);
    }
    return G_SOURCE_REMOVE;
}

void session_interrupt(Session *s)
{
    engine_interrupt(s->engine);
    if (!s->hurry_source)
        s->hurry_source = g_timeout_add(HURRY_MS, on_late, s);
}

/* At the very end only, so a nested loop harms nobody. */
void session_settle(Session *s)
{
    if (engine_running(s->engine))
        session_interrupt(s);
    while (engine_running(s->engine))
        g_main_context_iteration(NULL, TRUE);
    events_look(s->events);
    if (s->lost && !s->interactive)
        session_note(s, OUTCOME_NODE_FAILED, s->lost->message);
}

void session_note(Session *s, Outcome outcome, const char *message)
{
    bool passes =
        outcome == OUTCOME_FAILED || outcome == OUTCOME_USAGE || outcome == OUTCOME_NODE_FAILED;

    if (s->interactive && passes)
        return;
    g_mutex_lock(&s->verdict_lock);
    verdict_note(&s->verdict, outcome, s->where, message);
    g_mutex_unlock(&s->verdict_lock);
}

void session_set_where(Session *s, const char *where)
{
    g_mutex_lock(&s->verdict_lock);
    g_free(s->where);
    s->where = g_strdup(where);
    g_mutex_unlock(&s->verdict_lock);
}

void session_end_transcripts(Session *s)
{
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];

        if (n->console)
            console_transcript(n->console, NULL, NULL);
    }
}

bool session_told_to_stop(const Session *s)
{
    return s->interrupted || (s->signalled && s->signalled());
}

void session_free(Session *s)
{
    if (!s)
        return;
    if (s->engine)
        release_nodes(s);
    if (s->engine && !s->options.dry)
        log_set_virtual(NULL);
    g_clear_handle_id(&s->hurry_source, g_source_remove);
    g_clear_pointer(&s->events, events_free);
    g_clear_error(&s->lost);
    g_clear_pointer(&s->wire, wire_free);
    g_clear_pointer(&s->engine, engine_free);
    g_clear_pointer(&s->hosts, g_ptr_array_unref);
    g_clear_pointer(&s->host, host_free);
    if (s->drain_source)
        g_source_remove(s->drain_source);
    if (s->recorder)
        recorder_clear(s->recorder);
    g_free(s->recorder);
    g_clear_pointer(&s->report, report_free);
    g_clear_pointer(&s->dir, rundir_free);
    g_clear_pointer(&s->loop, g_main_loop_unref);
    g_clear_pointer(&s->checking, checking_free);
    g_ptr_array_unref(s->nodes);
    node_defaults_free(s->defaults);
    g_hash_table_unref(s->variables);
    g_hash_table_unref(s->fixed);
    g_free(s->options.qemu);
    g_free(s->options.command_line);
    g_free(s->options.scenario);
    verdict_clear(&s->verdict);
    g_free(s->where);
    g_free(s->started_at);
    g_mutex_clear(&s->verdict_lock);
    g_free(s);
}

Node *session_node(const Session *s, const char *name)
{
    for (unsigned i = 0; i < s->nodes->len; i++) {
        Node *n = s->nodes->pdata[i];

        if (strcmp(n->name, name) == 0)
            return n;
    }
    return NULL;
}

/* What was meant, or which there are. */
static char *node_hint(const Session *s, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *all = NULL, *list = NULL;

    if (s->nodes->len == 0)
        return g_strdup("there is none yet");
    for (unsigned i = 0; i < s->nodes->len; i++)
        g_ptr_array_add(names, ((Node *)s->nodes->pdata[i])->name);
    g_ptr_array_add(names, NULL);
    all = g_strjoinv(", ", (char **)names->pdata);
    list = s->nodes->len > LISTED_NODES
               ? g_strdup("`node list` shows them")
               : g_strconcat(s->nodes->len == 1 ? "there is only " : "there are ", all, NULL);
    return near_hint(name, (const char *const *)names->pdata, list);
}

Node *session_find_node(const Session *s, const char *name, GError **error)
{
    Node *node = session_node(s, name);
    g_autofree char *hint = NULL;

    if (node)
        return node;
    checking_in_doubt(s->checking, CHECKING_END, name);
    hint = node_hint(s, name);
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "unknown node '%s': %s", name, hint);
    return NULL;
}

void session_add_node(Session *s, Node *node)
{
    g_ptr_array_add(s->nodes, node);
    s->next_index = MAX(s->next_index, node->index + 1);
    if (node_is_live(node)) {
        engine_add(s->engine, node);
        events_add(s->events, node);
    }
}

bool session_remove_node(Session *s, Node *node, GError **error)
{
    g_autofree char *dir = node->attached || node->far ? NULL : g_strdup(node->dir);
    bool ok = remove_node(s, node, error);

    if (dir)
        sweep_processes(dir); /* what has left its process group */
    return ok;
}

bool session_start(Session *s, GError **error)
{
    for (unsigned i = 0; i < s->nodes->len; i++) {
        Node *n = s->nodes->pdata[i];

        if (n->state != NODE_ADDED)
            continue;
        if (session_told_to_stop(s)) {
            g_set_error(error, NODE_ERROR, NODE_ERROR_INTERRUPTED, "interrupted while starting");
            return false;
        }
        if (!node_launch(n, s->dir, s->options.qemu, error))
            return false;
        engine_add(s->engine, n);
        events_add(s->events, n);
    }
    s->started = true;
    return true;
}

bool session_check_variable(const char *name, GError **error)
{
    bool ok = *name && !g_ascii_isdigit(*name);

    for (const char *p = name; *p; p++)
        ok = ok && (g_ascii_isalnum(*p) || *p == '_');
    if (!ok)
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "'%s' is no name for a variable: letters a to z, digits and _, no digit first",
                    name);
    return ok;
}

void session_set(Session *s, const char *key, const char *value, bool fix)
{
    if (!fix && g_hash_table_contains(s->fixed, key))
        return;
    g_hash_table_insert(s->variables, g_strdup(key), g_strdup(value));
    if (fix)
        g_hash_table_add(s->fixed, g_strdup(key));
}

const char *session_get(const Session *s, const char *key)
{
    return g_hash_table_lookup(s->variables, key);
}

/* These are the wait's, also where the command line has one of their names. */
static void set_foreign(Session *s, const char *key, const char *value)
{
    g_hash_table_insert(s->variables, g_strdup(key), text_line(value, -1));
}

void session_set_wait_variables(Session *s, const LinesFound *found)
{
    g_autofree char *time = g_strdup_printf("%" G_GINT64_FORMAT "ns", found->time.ns);

    set_foreign(s, "line", found->line);
    set_foreign(s, "line_time", time);
    for (unsigned i = 0; i < PATTERN_GROUPS; i++) {
        g_autofree char *key = g_strdup_printf("%u", i + 1);

        set_foreign(s, key, found->match.groups[i]);
    }
}

char **session_registers(const Session *s, Node *node)
{
    return engine_running(s->engine) ? NULL : debug_register_names(node);
}

const char *session_mode(const Session *s)
{
    Rank rank = host_rank(s->host);

    for (unsigned i = 0; i < s->nodes->len; i++)
        if (!((Node *)s->nodes->pdata[i])->icount.enabled)
            return rank_name(RANK_BEST_EFFORT);
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Far *far = ((const Node *)s->nodes->pdata[i])->far;

        rank = MAX(rank, far ? far->rank : rank);
    }
    return rank_name(rank);
}
