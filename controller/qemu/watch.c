/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch.c: all connections and processes are in one epoll. Holding and releasing the watch changes
 * one source of the main loop, however many nodes there are.
 */
#include "controller/qemu/watch.h"

#include "controller/base/fd.h"
#include "controller/qemu/ending.h"

#include <glib-unix.h>
#include <poll.h>
#include <sys/epoll.h>

#define MAX_EVENTS 16

struct NodeWatch {
    void (*failed)(Node *node, void *data);
    void *data;
    int epoll_fd;
    unsigned source; /* 0: the watch is held */
};

static void forget(const NodeWatch *w, const Node *n)
{
    if (n->qmp)
        epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, qmp_client_fd(n->qmp), NULL);
    if (n->pidfd >= 0)
        epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, n->pidfd, NULL);
}

static bool process_ended(const Node *n)
{
    struct pollfd p = {.fd = n->pidfd, .events = POLLIN};

    return n->pidfd >= 0 && poll(&p, 1, 0) == 1;
}

static void look_at(NodeWatch *w, Node *n)
{
    GError *error = NULL;
    bool lives = node_answers(n) && qmp_client_pump(n->qmp, 0, &error) && !process_ended(n);

    if (lives) {
        node_check_end(n);
        return;
    }
    forget(w, n);
    if (!error)
        g_set_error(&error, NODE_ERROR, NODE_ERROR_DIED, "QEMU has ended");
    if (node_state_has_left(n->state)) {
        if (n->exit_status < 0) /* else its clock was read before it ended */
            n->clock_stale = true;
    } else if (node_is_live(n) && !node_lose(n, error, false, node_ensemble_time(n))) {
        w->failed(n, w->data);
    }
    g_error_free(error);
}

void node_watch_look(NodeWatch *w)
{
    struct epoll_event events[MAX_EVENTS];
    int n;

    if (!w->source)
        return;
    n = epoll_wait(w->epoll_fd, events, MAX_EVENTS, 0);
    for (int i = 0; i < n; i++)
        look_at(w, events[i].data.ptr);
}

static gboolean on_ready(gint fd, GIOCondition condition, gpointer data)
{
    (void)fd;
    (void)condition;
    node_watch_look(data);
    return G_SOURCE_CONTINUE;
}

NodeWatch *node_watch_new(void (*failed)(Node *node, void *data), void *data)
{
    NodeWatch *w = g_new0(NodeWatch, 1);

    w->failed = failed;
    w->data = data;
    w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    node_watch_hold(w, false);
    return w;
}

void node_watch_free(NodeWatch *w)
{
    if (!w)
        return;
    node_watch_hold(w, true);
    fd_clear(&w->epoll_fd);
    g_free(w);
}

void node_watch_add(NodeWatch *w, Node *n)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = n};

    if (n->remote || !n->qmp)
        return;
    epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, qmp_client_fd(n->qmp), &event);
    if (n->pidfd >= 0)
        epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, n->pidfd, &event);
}

void node_watch_remove(NodeWatch *w, Node *n)
{
    forget(w, n);
}

void node_watch_hold(NodeWatch *w, bool hold)
{
    if (hold)
        g_clear_handle_id(&w->source, g_source_remove);
    else if (!w->source)
        w->source = g_unix_fd_add(w->epoll_fd, G_IO_IN, on_ready, w);
}
