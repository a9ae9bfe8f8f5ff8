/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * events.c: a locked queue of reports, which an idle source of the main loop empties. The idle
 * source exists while reports are queued.
 */
#include "controller/session/events.h"

#include "controller/base/log.h"
#include "controller/qemu/node-event.h"
#include "controller/qemu/watch.h"

struct Events {
    Session *session;
    NodeWatch *watch;
    bool looking;  /* a command is about to begin, which reports the failures that are found */
    GMutex lock;   /* protects queue and idle */
    GQueue queue;  /* QueuedEvent, oldest first */
    GSource *idle; /* hands out what is in the queue; NULL: it is empty */
};

typedef struct {
    char *name;
    NodeEvent event;
} QueuedEvent;

static void queued_event_free(QueuedEvent *t)
{
    g_free(t->event.detail);
    g_free(t->name);
    g_free(t);
}

static gboolean on_idle(gpointer data)
{
    events_flush(data);
    return G_SOURCE_REMOVE;
}

/* Any thread. */
static void on_node_event(const Node *n, const NodeEvent *event, void *data)
{
    Events *e = data;
    QueuedEvent *t = g_new(QueuedEvent, 1);

    *t = (QueuedEvent){g_strdup(n->name), *event};
    t->event.detail = g_strdup(event->detail);
    g_mutex_lock(&e->lock);
    g_queue_push_tail(&e->queue, t);
    if (!e->idle) {
        e->idle = g_idle_source_new();
        g_source_set_priority(e->idle, G_PRIORITY_DEFAULT);
        g_source_set_callback(e->idle, on_idle, e, NULL);
        g_source_attach(e->idle, NULL);
    }
    g_mutex_unlock(&e->lock);
}

static QueuedEvent *next(Events *e)
{
    QueuedEvent *t;

    g_mutex_lock(&e->lock);
    t = g_queue_pop_head(&e->queue);
    if (!t && e->idle) {
        g_source_destroy(e->idle);
        g_clear_pointer(&e->idle, g_source_unref);
    }
    g_mutex_unlock(&e->lock);
    return t;
}

/* Takes over the state of another host's node that left while all nodes stood: no segment brings
 * its state. */
static void set_state_of_remote(const Session *s, const QueuedEvent *t)
{
    Node *n = session_node(s, t->name);

    if (n && n->remote && t->event.what == NODE_EVENT_LEFT && node_is_live(n) &&
        !engine_running(s->engine))
        n->state = t->event.state;
}

void events_flush(Events *e)
{
    Session *s = e ? e->session : NULL;
    QueuedEvent *t;

    /* While a guest's console has the terminal, reports wait in the queue. */
    while (s && !s->console_open && (t = next(e))) {
        set_state_of_remote(s, t);
        if (s->on_node)
            s->on_node(s, t->name, &t->event);
        queued_event_free(t);
    }
}

void events_failed(Events *e, const Node *n)
{
    Session *s = e->session;

    if (!e->looking || s->interactive)
        log_warn("%s", n->failure->message);
    if (!s->lost)
        s->lost = g_error_copy(n->failure);
    if (s->on_change)
        s->on_change();
}

static void on_failed(Node *n, void *data)
{
    events_failed(data, n);
}

static void on_rest(bool at_rest, void *data)
{
    const Events *e = data;

    node_watch_hold(e->watch, !at_rest);
}

Events *events_new(Session *s)
{
    Events *e = g_new0(Events, 1);

    e->session = s;
    g_mutex_init(&e->lock);
    g_queue_init(&e->queue);
    e->watch = node_watch_new(on_failed, e);
    engine_on_rest(s->engine, on_rest, e);
    node_on_event(on_node_event, e);
    return e;
}

void events_free(Events *e)
{
    QueuedEvent *t;

    if (!e)
        return;
    node_on_event(NULL, NULL);
    node_watch_free(e->watch);
    while ((t = next(e)))
        queued_event_free(t);
    g_mutex_clear(&e->lock);
    g_free(e);
}

void events_add(Events *e, Node *n)
{
    if (e)
        node_watch_add(e->watch, n);
}

void events_remove(Events *e, Node *n)
{
    if (e)
        node_watch_remove(e->watch, n);
}

void events_look(Events *e)
{
    if (!e)
        return;
    e->looking = true;
    node_watch_look(e->watch);
    e->looking = false;
    events_flush(e);
}
