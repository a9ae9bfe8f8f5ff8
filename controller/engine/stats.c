/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stats.c: distributions whose samples are nearly all 0: zeros are counted, other values are
 * stored.
 */
#include "controller/engine/stats.h"

void dist_add(Dist *d, int64_t ns)
{
    if (ns == 0) {
        d->zeros++;
        return;
    }
    if (!d->others)
        d->others = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_array_append_val(d->others, ns);
}

void dist_clear(Dist *d)
{
    g_clear_pointer(&d->others, g_array_unref);
    d->zeros = 0;
}

static gint compare(gconstpointer a, gconstpointer b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* The i-th smallest of all samples. `sorted` holds the samples that are not 0; `negative` of
 * them are below 0. */
static int64_t nth(const Dist *d, const GArray *sorted, uint64_t negative, uint64_t i)
{
    if (i < negative)
        return g_array_index(sorted, int64_t, i);
    if (i < negative + d->zeros)
        return 0;
    return g_array_index(sorted, int64_t, i - d->zeros);
}

DistSummary dist_summary(const Dist *d)
{
    DistSummary s = {.count = d->zeros + (d->others ? d->others->len : 0)};
    g_autoptr(GArray) sorted = d->others ? g_array_copy(d->others) : NULL;
    uint64_t negative = 0;
    double sum = 0, q1, q3, low, high;

    if (!sorted)
        return s;
    g_array_sort(sorted, compare);
    for (unsigned i = 0; i < sorted->len; i++) {
        sum += (double)g_array_index(sorted, int64_t, i);
        negative += g_array_index(sorted, int64_t, i) < 0;
    }
    s.min = nth(d, sorted, negative, 0);
    s.max = nth(d, sorted, negative, s.count - 1);
    s.median = nth(d, sorted, negative, (s.count - 1) / 2);
    s.mean = sum / (double)s.count;
    q1 = (double)nth(d, sorted, negative, (s.count - 1) / 4);
    q3 = (double)nth(d, sorted, negative, (s.count - 1) * 3 / 4);
    low = q1 - 1.5 * (q3 - q1);
    high = q3 + 1.5 * (q3 - q1);
    s.outliers = low > 0 || high < 0 ? d->zeros : 0;
    for (unsigned i = 0; i < sorted->len; i++) {
        double v = (double)g_array_index(sorted, int64_t, i);

        s.outliers += v < low || v > high;
    }
    return s;
}

int64_t dist_max(const Dist *d)
{
    int64_t max = 0;

    for (unsigned i = 0; d->others && i < d->others->len; i++)
        max = MAX(max, g_array_index(d->others, int64_t, i));
    return max;
}

/* --- for saves --- */

void dist_put(GByteArray *out, const Dist *d)
{
    put_u64(out, d->zeros);
    put_u32(out, d->others ? d->others->len : 0);
    for (unsigned i = 0; d->others && i < d->others->len; i++)
        put_i64(out, g_array_index(d->others, int64_t, i));
}

static void dist_get(Reader *r, Dist *d)
{
    uint32_t n;

    dist_clear(d);
    d->zeros = get_u64(r);
    n = get_count(r, sizeof(int64_t));
    for (uint32_t i = 0; i < n; i++) {
        int64_t ns = get_i64(r);

        if (ns == 0)
            r->bad = true;
        else
            dist_add(d, ns);
    }
}

void node_stats_put(GByteArray *out, const NodeStats *s)
{
    put_u64(out, s->missed);
    put_u64(out, s->overshot);
    put_u64(out, s->repairs);
    put_u64(out, s->waited_for);
    put_i64(out, s->waited.ns);
    dist_put(out, &s->overshoot);
    dist_put(out, &s->idle_skip);
}

void node_stats_get(Reader *r, NodeStats *s)
{
    s->missed = get_u64(r);
    s->overshot = get_u64(r);
    s->repairs = get_u64(r);
    s->waited_for = get_u64(r);
    s->waited.ns = get_i64(r);
    dist_get(r, &s->overshoot);
    dist_get(r, &s->idle_skip);
}
