/* SPDX-License-Identifier: GPL-3.0-or-later */
/* deaths.c: a pidfd becomes readable when its process ends. */
#include "controller/shell/deaths.h"

#include "controller/base/log.h"

#include <glib-unix.h>

static GArray *sources; /* unsigned */
static Session *session;
static void (*changed)(void);

static gboolean on_end(gint fd, GIOCondition condition, gpointer data)
{
    g_autoptr(GError) error = NULL;

    (void)condition;
    (void)data;
    for (unsigned i = 0; i < session->nodes->len; i++) {
        Node *n = session->nodes->pdata[i];

        /* One that runs behind the prompt is its lane's, which sees it too. */
        if (n->pidfd != fd || n->state != NODE_PAUSED || engine_running(session->engine))
            continue;
        g_set_error(&error, NODE_ERROR, NODE_ERROR_DIED, "QEMU has ended");
        node_fail(n, error);
        log_warn("%s", n->failure->message);
        changed();
    }
    return G_SOURCE_REMOVE;
}

void deaths_watch(Session *s, void (*func)(void))
{
    session = s;
    changed = func;
    deaths_unwatch();
    sources = g_array_new(FALSE, FALSE, sizeof(unsigned));
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];
        unsigned source;

        if (n->state != NODE_PAUSED || n->pidfd < 0)
            continue;
        source = g_unix_fd_add(n->pidfd, G_IO_IN, on_end, NULL);
        g_array_append_val(sources, source);
    }
}

void deaths_unwatch(void)
{
    for (unsigned i = 0; sources && i < sources->len; i++) {
        GSource *source =
            g_main_context_find_source_by_id(NULL, g_array_index(sources, unsigned, i));

        if (source) /* else it has fired */
            g_source_destroy(source);
    }
    g_clear_pointer(&sources, g_array_unref);
}
