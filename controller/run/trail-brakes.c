/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trail-brakes.c: while a node has points its clock has brakes (debug.h), timers at which the slices of its
 * vCPUs end, whether or not a point is hit. QEMU's time stamps of frames, and the turns of several vCPUs, tell
 * a slice's end from none, so the brakes are a part of the branch's run.
 */
#include "controller/qemu/debug.h"
#include "controller/run/trail-private.h"

static int64_t *brakes_of(Trail *t, Node *n)
{
    for (unsigned i = 0; i < t->brakes->len; i++)
        if (g_array_index(t->brakes, TrailBrakes, i).node == n)
            return &g_array_index(t->brakes, TrailBrakes, i).us;
    g_array_append_vals(t->brakes, &(TrailBrakes){n, 0}, 1);
    return &g_array_index(t->brakes, TrailBrakes, t->brakes->len - 1).us;
}

void trail_pass_brakes(Trail *t, const TrailItem *item)
{
    *brakes_of(t, (Node *)item->node) = item->brakes_us;
}

static void note(Session *s, Node *n)
{
    int64_t us = debug_armed(n) ? engine_grain_us(s->engine) : 0, *noted = brakes_of(s->trail, n);
    TrailItem *item;

    n->brakes.given = false;
    if (*noted == us)
        return;
    *noted = us;
    item = trail_item_here(s, TRAIL_BRAKES, n);
    item->brakes_us = us;
    trail_add(s, &item, 1);
}

void trail_set_brakes(Session *s)
{
    bool again = trail_replays(s);

    for (unsigned i = 0; i < s->nodes->len; i++) {
        Node *n = s->nodes->pdata[i];

        if (!node_is_live(n) || !n->icount.enabled || n->icount.sleep_on)
            continue;
        if (!again) {
            note(s, n);
            continue;
        }
        n->brakes.given = !s->trail->skip_hits; /* else those of the points that are looked for */
        n->brakes.us = *brakes_of(s->trail, n);
    }
}
