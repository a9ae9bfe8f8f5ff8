/* SPDX-License-Identifier: GPL-3.0-or-later */
/* notes.c: see notes.h. */
#include "controller/serve/notes.h"

#include "controller/command/print-node-event.h"
#include "controller/qemu/console.h"
#include "controller/run/run.h"
#include "controller/serve/call.h"
#include "controller/serve/feed.h"
#include "controller/serve/warnings.h"
#include "controller/session/events.h"

#include <stdatomic.h>
#include <string.h>

/* Of a flood of lines, what the main loop does not take in time is dropped. */
#define FEED_BYTES  ((gsize)4 << 20)
#define PROGRESS_MS 250
/* Lines and barriers are told together, so that the main loop and the workers do not meet at each. */
#define FEED_MS 10

static Session *session;
static Clients *clients;
static Feed *feed;
static unsigned source, timer;
static atomic_bool wants_lines, wants_barriers;
static bool joined; /* on_run_done() will be called for the active run */

/* --- in any thread --- */

static void on_line(const ConsoleLine *line, void *data)
{
    if (atomic_load_explicit(&wants_lines, memory_order_relaxed))
        feed_line(data, line->console, line->text, line->size, line->at);
}

static bool on_barrier(const BarrierView *view, void *data)
{
    if (atomic_load_explicit(&wants_barriers, memory_order_relaxed))
        feed_barrier(data, view->number, view->time);
    return false;
}

/* --- in the main thread --- */

static void tell_line(const FeedItem *item)
{
    Answer *params = answer_new();
    const char *dot = strchr(item->console, '.');
    g_autofree char *node =
        dot ? g_strndup(item->console, (gsize)(dot - item->console)) : g_strdup(item->console);

    answer_text(params, "node", node);
    answer_text(params, "port", dot ? dot + 1 : "0");
    answer_int(params, "virtual_ns", item->at.ns);
    answer_text(params, "text", item->text);
    clients_note(clients, NOTE_CONSOLE, node, params);
}

static void tell_barrier(const FeedItem *item)
{
    Answer *params = answer_new();

    answer_count(params, "barrier", item->number);
    answer_int(params, "virtual_ns", item->at.ns);
    clients_note(clients, NOTE_BARRIER, NULL, params);
}

static void pop_feed(void)
{
    uint64_t lines, barriers;
    FeedItem item;

    while (feed_pop(feed, &item))
        if (item.console)
            tell_line(&item);
        else
            tell_barrier(&item);
    feed_dropped(feed, &lines, &barriers);
    clients_lost(clients, NOTE_CONSOLE, lines);
    clients_lost(clients, NOTE_BARRIER, barriers);
}

static gboolean on_feed(gpointer data)
{
    (void)data;
    pop_feed();
    clients_flush(clients);
    return G_SOURCE_CONTINUE;
}

void notes_flush(void)
{
    events_flush(session->events);
    warnings_flush();
    pop_feed();
}

void notes_output(const char *text, void *data)
{
    Answer *params = answer_new();

    (void)data;
    answer_text(params, "text", text);
    clients_note(clients, NOTE_OUTPUT, NULL, params);
    clients_flush(clients);
}

static void on_warning(const char *text)
{
    Answer *params = answer_new();

    call_warned(text);
    answer_text(params, "text", text);
    answer_int(params, "virtual_ns", engine_now(session->engine).ns);
    clients_note(clients, NOTE_WARNING, NULL, params);
    clients_flush(clients);
}

static void on_node(Session *s, const char *name, const NodeEvent *e)
{
    Answer *params = answer_new();
    g_autofree char *text = node_event_text(name, e);

    answer_text(params, "node", name);
    answer_text(params, "state", node_state_name(e->state));
    answer_text(params, "what", node_event_name(e));
    answer_text(params, "reason", e->why);
    if (e->exit_status >= 0)
        answer_int(params, "exit_status", e->exit_status);
    else
        answer_text(params, "exit_status", NULL);
    answer_int(params, "virtual_ns", e->time.ns);
    answer_bool(params, "exact", e->exact);
    answer_text(params, "text", e->what == NODE_EVENT_FAILED ? e->detail : text);
    clients_note(clients, NOTE_NODE, name, params);
    print_node_event(s, name, e);
    clients_flush(clients);
}

/* --- runs --- */

static gboolean on_progress(gpointer data)
{
    Answer *params;

    (void)data;
    if (!clients_want(clients, NOTE_PROGRESS))
        return G_SOURCE_CONTINUE;
    params = answer_new();
    answer_int(params, "virtual_ns", engine_now(session->engine).ns);
    answer_int(params, "goal_virtual_ns", engine_goal(session->engine).ns);
    answer_count(params, "barriers", engine_stats(session->engine)->barriers);
    clients_note(clients, NOTE_PROGRESS, NULL, params);
    clients_flush(clients);
    return G_SOURCE_CONTINUE;
}

static void on_run_done(const RunOutcome *o, void *data)
{
    Answer *params = answer_new(), *hit;

    (void)data;
    joined = false;
    g_clear_handle_id(&timer, g_source_remove);
    g_clear_handle_id(&source, g_source_remove);
    notes_flush();
    answer_text(params, "state", "ended");
    answer_int(params, "virtual_ns", engine_now(session->engine).ns);
    answer_text(params, "end", o->how);
    answer_text(params, "why", o->why);
    answer_int(params, "break", o->number);
    answer_count(params, "barriers", o->barriers);
    answer_count(params, "missed", o->missed);
    answer_int(params, "host_ns", o->host.ns);
    clients_note(clients, NOTE_RUN, NULL, params);
    if (o->number > 0) {
        hit = answer_new();
        answer_int(hit, "number", o->number);
        answer_text(hit, "why", o->why);
        answer_int(hit, "virtual_ns", engine_now(session->engine).ns);
        clients_note(clients, NOTE_BREAK, NULL, hit);
    }
    clients_flush(clients);
}

/* Session.on_run. */
static void on_run(void)
{
    Answer *params;

    if (joined || !run_active(session))
        return;
    joined = true;
    run_join(session, on_run_done, &joined);
    if (!timer)
        timer = g_timeout_add(PROGRESS_MS, on_progress, NULL);
    if (!source)
        source = g_timeout_add(FEED_MS, on_feed, NULL);
    if (!clients_want(clients, NOTE_RUN))
        return;
    params = answer_new();
    answer_text(params, "state", "began");
    answer_int(params, "virtual_ns", engine_now(session->engine).ns);
    clients_note(clients, NOTE_RUN, NULL, params);
    clients_flush(clients);
}

void notes_follow(void)
{
    atomic_store(&wants_lines, clients_want(clients, NOTE_CONSOLE));
    atomic_store(&wants_barriers, clients_want(clients, NOTE_BARRIER));
}

void notes_begin(Session *s, Clients *all)
{
    session = s;
    clients = all;
    feed = feed_new(FEED_BYTES);
    console_listen(on_line, feed);
    warnings_begin(on_warning);
    engine_observe(s->engine, on_barrier, true, feed);
    s->on_output = notes_output;
    s->on_node = on_node;
    s->on_run = on_run;
    notes_follow();
}

void notes_end(void)
{
    Session *s = session;

    warnings_end();
    session = NULL;
    if (joined)
        run_leave(s, &joined);
    joined = false;
    s->on_output = NULL;
    s->on_node = print_node_event;
    s->on_run = NULL;
    engine_unobserve(s->engine, on_barrier);
    console_unlisten(on_line, feed);
    g_clear_handle_id(&timer, g_source_remove);
    g_clear_handle_id(&source, g_source_remove);
    g_clear_pointer(&feed, feed_free);
    clients = NULL;
}
