/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session-life.c: makes and frees the parts of a session in the order in which they need each
 * other. Nodes go first, since engine, fabric and report still refer to them.
 */
#include "controller/session/session-life.h"

#include "controller/base/log.h"
#include "controller/base/units.h"
#include "controller/fabric/fabric.h"
#include "controller/qemu/attach.h"
#include "controller/qemu/defaults.h"
#include "controller/qemu/ending.h"
#include "controller/qemu/launch.h"
#include "controller/qemu/sweep.h"
#include "controller/remote/stream.h"
#include "controller/session/events.h"
#include "controller/session/journal.h"
#include "controller/session/live.h"
#include "controller/session/recorder.h"

#include <sys/resource.h>

static void node_destroy(void *data)
{
    node_free(data);
}

/* Each node takes many descriptors (SESSION_MAX_NODES); the soft limit is often 1024. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* The engine whose time the log shows. A worker logs only during its segment. During a segment the
 * main thread changes nothing that engine_now() reads, except atomics. */
static Engine *logged;

static VTime logged_now(void)
{
    return engine_now(logged);
}

Session *session_new(SessionOptions options, GError **error)
{
    Session *s = g_new0(Session, 1);

    raise_descriptor_limit();
    g_mutex_init(&s->verdict_lock);
    s->options = options;
    s->started_at = units_host_date();
    s->nodes = g_ptr_array_new_with_free_func(node_destroy);
    s->defaults = node_defaults_new();
    s->variables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    s->fixed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!options.dry && !(s->dir = rundir_new(error))) {
        session_free(s);
        return NULL;
    }
    s->checking = options.dry ? checking_new() : NULL;
    s->host = local_host_new(options.dry ? SCHED_MODE_BEST_EFFORT : sched_probe());
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

/* Removes all nodes, the last one first. An attached QEMU runs on; a launched QEMU ends. */
static void release_nodes(Session *s)
{
    while (s->nodes->len > 0) {
        g_autoptr(GError) error = NULL;

        if (!remove_node(s, s->nodes->pdata[s->nodes->len - 1], &error))
            log_warn("%s", error->message);
    }
}

/* Called at the very end only, so the nested main loop does no harm. */
void session_settle(Session *s)
{
    if (engine_running(s->engine))
        session_interrupt(s);
    while (engine_running(s->engine))
        g_main_context_iteration(NULL, TRUE);
    engine_settle_clocks(s->engine);
    events_look(s->events);
    if (s->lost && !s->interactive)
        session_note(s, OUTCOME_NODE_FAILED, s->lost->message);
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
    if (s->engine)
        engine_set_fabric(s->engine, NULL);
    g_clear_pointer(&s->fabric, fabric_free);
    g_clear_pointer(&s->engine, engine_free);
    g_clear_pointer(&s->hosts, g_ptr_array_unref);
    stream_end_commands();
    g_clear_pointer(&s->host, local_host_free);
    session_end_recording(s);
    journal_clear(s);
    g_clear_pointer(&s->report, report_free);
    g_clear_pointer(&s->dir, rundir_free);
    g_clear_pointer(&s->loop, g_main_loop_unref);
    g_clear_pointer(&s->checking, checking_free);
    g_ptr_array_unref(s->nodes);
    live_free(s);
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

Fabric *session_fabric(Session *s)
{
    if (!s->fabric) {
        s->fabric = fabric_new(s->nodes, engine_quantum(s->engine));
        if (s->options.dry)
            fabric_stay_closed(s->fabric);
        engine_set_fabric(s->engine, s->fabric);
    }
    return s->fabric;
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
    const bool ours = !node->attached && !node->remote;
    g_autofree char *dir = ours ? g_strdup(node->dir) : NULL;
    g_autofree char *process_dir = ours ? g_strdup(node->process_dir) : NULL;
    bool ok = remove_node(s, node, error);

    if (dir) /* processes that have left QEMU's process group */
        sweep_processes(dir);
    if (process_dir && g_strcmp0(process_dir, dir) != 0)
        sweep_processes(process_dir);
    return ok;
}

bool session_start(Session *s, GError **error)
{
    for (unsigned i = 0; i < s->nodes->len; i++) {
        Node *n = s->nodes->pdata[i];

        if (n->state != NODE_ADDED)
            continue;
        if (session_stop_requested(s)) {
            g_set_error(error, NODE_ERROR, NODE_ERROR_INTERRUPTED, "interrupted while starting");
            return false;
        }
        if (!node_launch(n, s->dir, s->options.qemu, local_host_sched_mode(s->host), error))
            return false;
        engine_add(s->engine, n);
        events_add(s->events, n);
    }
    s->started = true;
    return true;
}
