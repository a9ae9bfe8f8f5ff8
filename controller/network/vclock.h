/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vclock.h: vector clocks: which event may have caused which.
 *
 * A clock counts the events of each node that its owner may know of. Nodes are indices; a clock
 * grows as they come, and a node it does not hold yet counts as 0, so clocks of different lengths
 * compare as they should.
 */
#ifndef NETWORK_VCLOCK_H
#define NETWORK_VCLOCK_H

#include <glib.h>
#include <stdint.h>

/* All zero is a clock that knows of nothing. Memory is kept until vclock_clear(). */
typedef struct {
    uint64_t *counts;
    unsigned len, capacity;
} VClock;

typedef enum {
    VCLOCK_EQUAL,
    VCLOCK_BEFORE, /* the first may have caused the second */
    VCLOCK_AFTER,
    VCLOCK_CONCURRENT,
} VClockOrder;

/* One more event of `node`. */
void vclock_tick(VClock *clock, unsigned node);

/* *clock then knows what either knew. */
void vclock_merge(VClock *clock, const VClock *other);

void vclock_copy(VClock *clock, const VClock *from);
void vclock_clear(VClock *clock);

VClockOrder vclock_compare(const VClock *a, const VClock *b);

/* Events of `node` that the clock knows of. */
static inline uint64_t vclock_get(const VClock *clock, unsigned node)
{
    return node < clock->len ? clock->counts[node] : 0;
}

/* Appends "[a:3 b:1]" to `out`; nodes that count 0 are left out, so later nodes change nothing.
 * names[i] is the name of node i, for all nodes that the clock holds. */
void vclock_format(const VClock *clock, const char *const *names, GString *out);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VClock, vclock_clear)

#endif
