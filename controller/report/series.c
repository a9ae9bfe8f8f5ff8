/* SPDX-License-Identifier: GPL-3.0-or-later */
/* series.c: spans of barriers, joined in pairs whenever all SERIES_MAX are in use. */
#include "controller/report/series.h"

#include <stdbool.h>
#include <string.h>

static void span_clear(void *data)
{
    SeriesSpan *span = data;

    g_clear_pointer(&span->nodes, g_array_unref);
}

Series *series_new(void)
{
    Series *s = g_new0(Series, 1);

    s->names = g_ptr_array_new_with_free_func(g_free);
    s->spans = g_array_new(FALSE, TRUE, sizeof(SeriesSpan));
    g_array_set_clear_func(s->spans, span_clear);
    s->stretches = g_array_new(FALSE, TRUE, sizeof(SeriesStretch));
    s->columns = g_array_new(FALSE, TRUE, sizeof(unsigned));
    s->per_span = 1;
    return s;
}

void series_free(Series *s)
{
    if (!s)
        return;
    g_ptr_array_unref(s->names);
    g_array_unref(s->spans);
    g_array_unref(s->stretches);
    g_array_unref(s->columns);
    g_free(s);
}

void series_columns(Series *s, const char *const *names, unsigned n)
{
    g_array_set_size(s->columns, 0);
    for (unsigned i = 0; i < n; i++) {
        guint node;

        if (!g_ptr_array_find_with_equal_func(s->names, names[i], g_str_equal, &node)) {
            node = s->names->len;
            g_ptr_array_add(s->names, g_strdup(names[i]));
        }
        g_array_append_val(s->columns, node);
    }
}

static int64_t farther(int64_t a, int64_t b)
{
    return ABS(b) > ABS(a) ? b : a;
}

static void join(SeriesSpan *a, SeriesSpan *b)
{
    a->count += b->count;
    a->to = b->to;
    a->host_ns += b->host_ns;
    a->host_max = MAX(a->host_max, b->host_max);
    if (a->nodes->len < b->nodes->len)
        g_array_set_size(a->nodes, b->nodes->len);
    for (unsigned i = 0; i < b->nodes->len; i++) {
        SeriesNode *to = &g_array_index(a->nodes, SeriesNode, i);
        const SeriesNode *from = &g_array_index(b->nodes, SeriesNode, i);

        to->waited_for += from->waited_for;
        to->seen += from->seen;
        to->offset_ns = farther(to->offset_ns, from->offset_ns);
    }
    span_clear(b);
}

/* Joins the spans in pairs: half as many spans, each twice as long. */
static void halve(Series *s)
{
    SeriesSpan *spans = (SeriesSpan *)(void *)s->spans->data;

    for (unsigned i = 0; i < SERIES_MAX / 2; i++) {
        join(&spans[2 * i], &spans[2 * i + 1]);
        spans[i] = spans[2 * i];
        if (i > 0)
            spans[2 * i].nodes = NULL; /* the array has moved to spans[i] */
    }
    s->per_span *= 2;
    g_array_set_size(s->spans, SERIES_MAX / 2);
}

static SeriesSpan *open_span(Series *s, VTime time)
{
    SeriesSpan fresh = {.from = time};

    if (s->spans->len > 0) {
        SeriesSpan *last = &g_array_index(s->spans, SeriesSpan, s->spans->len - 1);

        if (last->count < s->per_span)
            return last;
    }
    if (s->spans->len == SERIES_MAX)
        halve(s);
    fresh.nodes = g_array_new(FALSE, TRUE, sizeof(SeriesNode));
    g_array_append_val(s->spans, fresh);
    return &g_array_index(s->spans, SeriesSpan, s->spans->len - 1);
}

static void add_stretch(Series *s, VTime time)
{
    unsigned n = s->stretches->len;
    SeriesStretch *last = n ? &g_array_index(s->stretches, SeriesStretch, n - 1) : NULL;
    SeriesStretch fresh = {.first = time, .count = 1};

    if (last && last->count == 1)
        last->step = time.ns - last->first.ns;
    if (last && time.ns == last->first.ns + last->step * (int64_t)last->count)
        last->count++;
    else if (n < SERIES_MAX_STRETCHES)
        g_array_append_val(s->stretches, fresh);
}

void series_add(Series *s, VTime time, int64_t host_ns, const int64_t *stamps_us,
                const int64_t *waited_ns)
{
    SeriesSpan *span = open_span(s, time);
    SeriesNode *nodes, *slowest = NULL;
    int64_t least = INT64_MAX;

    span->count++;
    span->to = time;
    span->host_ns += host_ns;
    span->host_max = MAX(span->host_max, host_ns);
    if (span->nodes->len < s->names->len)
        g_array_set_size(span->nodes, s->names->len);
    nodes = (SeriesNode *)(void *)span->nodes->data;
    for (unsigned i = 0; i < s->columns->len; i++) {
        SeriesNode *n = &nodes[g_array_index(s->columns, unsigned, i)];

        if (stamps_us[i] < 0)
            continue;
        n->seen++;
        n->offset_ns = farther(n->offset_ns, stamps_us[i] * NS_PER_US - time.ns);
        if (waited_ns[i] < least) {
            least = waited_ns[i];
            slowest = n;
        }
    }
    if (slowest)
        slowest->waited_for++;
    add_stretch(s, time);
}

/* What of a number is left, with `kept` of `count`. */
static uint64_t part(uint64_t number, uint64_t kept, uint64_t count)
{
    return (uint64_t)((double)number * (double)kept / (double)count);
}

static void cut_span(SeriesSpan *span, VTime time)
{
    int64_t length = span->to.ns - span->from.ns, left = time.ns - span->from.ns;
    uint64_t kept = 1 + part(span->count - 1, (uint64_t)left, (uint64_t)length);

    for (unsigned i = 0; i < span->nodes->len; i++) {
        SeriesNode *n = &g_array_index(span->nodes, SeriesNode, i);

        n->waited_for = part(n->waited_for, kept, span->count);
        n->seen = part(n->seen, kept, span->count);
    }
    span->host_ns = (int64_t)part((uint64_t)span->host_ns, kept, span->count);
    span->count = kept;
    span->to = time;
}

static bool cut_stretch(SeriesStretch *s, VTime time)
{
    if (s->first.ns > time.ns)
        return false;
    if (s->step > 0)
        s->count = MIN(s->count, (uint64_t)((time.ns - s->first.ns) / s->step) + 1);
    return true;
}

void series_rewind(Series *s, VTime time)
{
    while (s->spans->len > 0) {
        SeriesSpan *last = &g_array_index(s->spans, SeriesSpan, s->spans->len - 1);

        if (last->from.ns <= time.ns) {
            if (last->to.ns > time.ns)
                cut_span(last, time);
            break;
        }
        g_array_set_size(s->spans, s->spans->len - 1);
    }
    while (s->stretches->len > 0 &&
           !cut_stretch(&g_array_index(s->stretches, SeriesStretch, s->stretches->len - 1), time))
        g_array_set_size(s->stretches, s->stretches->len - 1);
}

SeriesNode series_node(const SeriesSpan *span, unsigned node)
{
    return node < span->nodes->len ? g_array_index(span->nodes, SeriesNode, node) : (SeriesNode){0};
}

unsigned series_slowest(const Series *s, const SeriesSpan *span)
{
    unsigned slowest = s->names->len;
    uint64_t most = 0;

    for (unsigned i = 0; i < span->nodes->len; i++) {
        if (series_node(span, i).waited_for <= most)
            continue;
        most = series_node(span, i).waited_for;
        slowest = i;
    }
    return slowest;
}
