/* SPDX-License-Identifier: GPL-3.0-or-later */
/* warnings.c: a locked queue, from the threads that log to the main loop. */
#include "controller/serve/warnings.h"

#include "controller/base/log.h"
#include "controller/base/text.h"

/* What is beyond is in the log only. */
#define MOST_WAITING 256u

static GMutex lock; /* protects what follows */
static GQueue waiting = G_QUEUE_INIT;
static unsigned source;

static void (*sink)(const char *text); /* main thread */

static gboolean on_idle(gpointer data)
{
    (void)data;
    warnings_flush();
    return G_SOURCE_REMOVE;
}

/* In the thread that logs. */
static void on_warning(const char *text)
{
    g_mutex_lock(&lock);
    if (waiting.length < MOST_WAITING)
        g_queue_push_tail(&waiting, text_brief(text));
    if (!source)
        source = g_idle_add_full(G_PRIORITY_DEFAULT, on_idle, NULL, NULL);
    g_mutex_unlock(&lock);
}

static void take(GQueue *out)
{
    g_mutex_lock(&lock);
    *out = waiting;
    g_queue_init(&waiting);
    g_clear_handle_id(&source, g_source_remove);
    g_mutex_unlock(&lock);
}

void warnings_flush(void)
{
    GQueue all;
    char *text;

    take(&all);
    while ((text = g_queue_pop_head(&all))) {
        if (sink)
            sink(text);
        g_free(text);
    }
}

void warnings_begin(void (*func)(const char *text))
{
    sink = func;
    log_set_watcher(on_warning);
}

void warnings_end(void)
{
    log_set_watcher(NULL);
    sink = NULL;
    warnings_flush();
}
