/* SPDX-License-Identifier: GPL-3.0-or-later */
/* live.c: lines of consoles that are shown go into one locked queue; a timer of the main loop shows
 * those whose barrier is passed. */
#include "controller/session/live.h"

#include "controller/base/text.h"
#include "controller/base/units.h"
#include "controller/qemu/consoles.h"
#include "controller/session/output.h"

#include <inttypes.h>
#include <string.h>

#define PERIOD_MS 100
/* Most bytes of lines that wait to be shown; beyond, further ones are left out. */
#define MOST_BYTES ((gsize)16 << 20)

/* A console by its names, whatever becomes of its node. */
typedef struct {
    char *name;           /* "NODE", or "NODE.PORT" */
    char *node, *port;    /* port: node_port_name() */
    unsigned index, uart; /* index: the node's; uart: the number among its consoles */
    bool on;
    uint64_t left_out;
} Follower;

typedef struct {
    const Follower *of;
    VTime at, until; /* of the line's begin, and of the barrier by which it was complete */
    uint64_t number; /* in the order of coming */
    char *text;
    bool shown; /* its console was shown when it came; else it is for the tap alone */
} LiveLine;

typedef struct Live {
    bool all;
    LiveTap tap; /* NULL: none; set while nothing is drained */
    void *tap_data;
    unsigned timer;
    GMutex lock;          /* protects what is below, and the followers */
    GPtrArray *followers; /* Follower, in the order in which they were seen first */
    GHashTable *by_name;  /* Follower.name -> Follower */
    GPtrArray *lines;     /* LiveLine */
    gsize bytes;
    uint64_t added;
} Live;

static void line_free(void *data)
{
    LiveLine *l = data;

    g_free(l->text);
    g_free(l);
}

static void follower_free(void *data)
{
    Follower *f = data;

    g_free(f->name);
    g_free(f->node);
    g_free(f->port);
    g_free(f);
}

/* In the thread that drains. */
static void on_line(const ConsoleLine *line, void *data)
{
    Live *live = data;
    Follower *f;
    LiveLine *l;

    g_mutex_lock(&live->lock);
    f = g_hash_table_lookup(live->by_name, line->console);
    if (f && (f->on || live->tap) && live->bytes + line->size > MOST_BYTES) {
        f->left_out++;
    } else if (f && (f->on || live->tap)) {
        l = g_new(LiveLine, 1);
        *l = (LiveLine){.of = f,
                        .at = line->at,
                        .until = line->until,
                        .number = live->added++,
                        .text = text_line(line->text, (gssize)line->size),
                        .shown = f->on};
        live->bytes += line->size;
        g_ptr_array_add(live->lines, l);
    }
    g_mutex_unlock(&live->lock);
}

/* --- showing --- */

static int in_order(const void *a, const void *b)
{
    const LiveLine *x = *(LiveLine *const *)a, *y = *(LiveLine *const *)b;

    if (x->until.ns != y->until.ns)
        return x->until.ns < y->until.ns ? -1 : 1;
    if (x->of->index != y->of->index)
        return x->of->index < y->of->index ? -1 : 1;
    if (x->of->uart != y->of->uart)
        return x->of->uart < y->of->uart ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static void show(const Session *s, const LiveLine *l)
{
    g_autofree char *time = units_format_seconds(l->at);
    g_autofree char *ns = g_strdup_printf("%" PRId64, l->at.ns);
    const char *const members[] = {"node", l->of->node, "port",  l->of->port, "virtual_ns",
                                   ns,     "text",      l->text, NULL};

    session_event(s, "console", members);
    if (!s->options.json)
        session_print(s, "[%s] %s: %s\n", time, l->of->name, l->text);
}

/* Takes what was complete by a time; free with g_ptr_array_unref(). */
static GPtrArray *take(Live *live, VTime until)
{
    GPtrArray *out = g_ptr_array_new_with_free_func(line_free);
    unsigned left = 0;

    g_mutex_lock(&live->lock);
    for (unsigned i = 0; i < live->lines->len; i++) {
        LiveLine *l = live->lines->pdata[i];

        if (l->until.ns <= until.ns)
            g_ptr_array_add(out, l);
        else
            live->lines->pdata[left++] = l;
    }
    g_ptr_array_set_size(live->lines, (int)left);
    live->bytes = 0;
    for (unsigned i = 0; i < left; i++)
        live->bytes += strlen(((const LiveLine *)live->lines->pdata[i])->text);
    g_mutex_unlock(&live->lock);
    g_ptr_array_sort(out, in_order);
    return out;
}

static void tell_left_out(const Session *s, Live *live)
{
    for (unsigned i = 0; i < live->followers->len; i++) {
        Follower *f = live->followers->pdata[i];
        uint64_t n;

        g_mutex_lock(&live->lock);
        n = f->left_out;
        f->left_out = 0;
        g_mutex_unlock(&live->lock);
        if (n > 0)
            session_print(s, "%s: %" PRIu64 " lines were too many to be shown\n", f->name, n);
    }
}

void live_flush(Session *s, bool at_rest)
{
    Live *live = s->live;
    g_autoptr(GPtrArray) lines = NULL;

    if (!live || s->console_open)
        return;
    lines = take(live, at_rest ? vtime(INT64_MAX) : engine_now(s->engine));
    for (unsigned i = 0; i < lines->len; i++) {
        const LiveLine *l = lines->pdata[i];

        if (s->hidden || l->until.ns <= s->hidden_until.ns)
            continue;
        if (live->tap)
            live->tap(l->of->node, l->of->uart > 0 ? l->of->port : "", l->text, l->at,
                      live->tap_data);
        if (l->shown)
            show(s, l);
    }
    tell_left_out(s, live);
}

static gboolean on_timer(gpointer data)
{
    Session *s = data;

    live_flush(s, !engine_running(s->engine));
    return G_SOURCE_CONTINUE;
}

/* --- which --- */

/* The lock is held. A node that came in place of one of its name is another one. */
static Follower *follower_of(Live *live, const Node *n, unsigned uart)
{
    g_autofree char *port = node_port_name(n, uart);
    g_autofree char *name = uart > 0 ? g_strdup_printf("%s.%s", n->name, port) : g_strdup(n->name);
    Follower *f = g_hash_table_lookup(live->by_name, name);

    if (!f) {
        f = g_new0(Follower, 1);
        *f = (Follower){.name = g_steal_pointer(&name),
                        .node = g_strdup(n->name),
                        .port = g_steal_pointer(&port),
                        .index = n->index,
                        .on = live->all};
        g_ptr_array_add(live->followers, f);
        g_hash_table_insert(live->by_name, f->name, f);
    } else if (f->index != n->index) {
        f->index = n->index;
        f->on = live->all;
    }
    f->uart = uart;
    return f;
}

static Live *live_of(Session *s)
{
    Live *live = s->live;

    if (live)
        return live;
    live = g_new0(Live, 1);
    live->followers = g_ptr_array_new_with_free_func(follower_free);
    live->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    live->lines = g_ptr_array_new();
    g_mutex_init(&live->lock);
    live->timer = g_timeout_add(PERIOD_MS, on_timer, s);
    s->live = live;
    console_listen(on_line, live);
    return live;
}

void live_begin(Session *s)
{
    if (!s->live)
        return;
    g_mutex_lock(&s->live->lock);
    for (unsigned i = 0; i < s->nodes->len; i++)
        for (unsigned uart = 0; uart < node_n_consoles(s->nodes->pdata[i]); uart++)
            follower_of(s->live, s->nodes->pdata[i], uart);
    g_mutex_unlock(&s->live->lock);
}

void live_show(Session *s, const Node *node, unsigned uart, bool on)
{
    Live *live = live_of(s);

    g_mutex_lock(&live->lock);
    if (node) {
        follower_of(live, node, uart)->on = on;
    } else {
        live->all = on;
        for (unsigned i = 0; i < live->followers->len; i++)
            ((Follower *)live->followers->pdata[i])->on = on;
    }
    g_mutex_unlock(&live->lock);
    live_begin(s);
}

void live_tap(Session *s, LiveTap tap, void *data)
{
    Live *live = live_of(s);

    live->tap = tap;
    live->tap_data = data;
    live_begin(s);
}

void live_free(Session *s)
{
    Live *live = s->live;

    if (!live)
        return;
    console_unlisten(on_line, live);
    g_source_remove(live->timer);
    for (unsigned i = 0; i < live->lines->len; i++)
        line_free(live->lines->pdata[i]);
    g_ptr_array_unref(live->lines);
    g_hash_table_unref(live->by_name);
    g_ptr_array_unref(live->followers);
    g_mutex_clear(&live->lock);
    g_free(live);
    s->live = NULL;
}
