/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-guest-agent.c: whatever a guest's agent says, it is taken alike however reads split it, what
 * is refused has an error, and what is taken are clocks of CPUs with a value or the reason why not.
 * The first byte seeds the split; of the rest, what stands behind "1 " answers the request.
 */
#include "controller/run/clocks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void check(const ClocksAnswer *a)
{
    for (guint i = 0; i < a->samples->len; i++) {
        const ClockSample *s = &g_array_index(a->samples, ClockSample, i);
        const ClockSample *before = &g_array_index(a->samples, ClockSample, 0);
        double rate = 0;

        demand(s->name && s->cpu >= 0 && s->cpu < 512 && s->at.ns >= 0);
        demand(s->why_not ? s->value == 0 : s->value >= 0);
        demand(!clocks_rate(before, s, &rate) || isfinite(rate));
    }
}

/* Fed in pieces of at most `most` bytes. */
static ClocksAnswer *feed(const uint8_t *bytes, size_t len, size_t most, uint32_t seed, bool *good)
{
    ClocksAnswer *a = clocks_answer_new(1, 1);
    g_autoptr(GError) error = NULL;

    *good = true;
    for (size_t at = 0, step; *good && at < len; at += step) {
        g_autofree char *piece = NULL;

        seed = seed * 1664525U + 1013904223U;
        step = MIN(1 + (seed >> 16) % most, len - at);
        piece = g_memdup2(bytes + at, step);
        *good = clocks_answer_feed(a, piece, step, &error);
        demand(*good == !error);
    }
    check(a);
    return a;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autoptr(ClocksAnswer) whole = NULL, parts = NULL;
    bool whole_good, parts_good;

    if (len == 0)
        return 0;
    whole = feed(bytes + 1, len - 1, len, 0, &whole_good);
    parts = feed(bytes + 1, len - 1, 1 + bytes[0] % 16, bytes[0], &parts_good);
    demand(whole_good == parts_good && whole->done == parts->done);
    demand(whole->samples->len == parts->samples->len && whole->frequency == parts->frequency);
    return 0;
}
