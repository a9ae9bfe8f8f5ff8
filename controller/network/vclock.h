/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vclock.h: vector clocks, which show whether one event may have caused another.
 *
 * A clock counts, for each node, the events that the clock's owner may know of. Nodes are indices.
 * A clock grows as nodes come, and a node beyond the clock's length counts as 0, so clocks of
 * different lengths compare correctly.
 */
#ifndef NETWORK_VCLOCK_H
#define NETWORK_VCLOCK_H

#include "controller/base/codec.h"

#include <glib.h>
#include <stdint.h>

/* All zero is a clock without any known event. Memory is kept until vclock_clear(). */
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

/* Counts one more event of `node`. */
void vclock_tick(VClock *clock, unsigned node);

/* Sets each count of *clock to the larger one of the two clocks. */
void vclock_merge(VClock *clock, const VClock *other);

void vclock_copy(VClock *clock, const VClock *from);
void vclock_clear(VClock *clock);

VClockOrder vclock_compare(const VClock *a, const VClock *b);

/* Returns the number of events of `node` that the clock knows of. */
static inline uint64_t vclock_get(const VClock *clock, unsigned node)
{
    return node < clock->len ? clock->counts[node] : 0;
}

/* Writes a clock to bytes, and reads it over *clock. */
void vclock_save(const VClock *clock, GByteArray *out);
void vclock_load(VClock *clock, Reader *r);

/* Appends "[a:3 b:1]" to `out`. Nodes that count 0 are left out, so nodes added later change
 * nothing. names[i] is the name of node i, for all nodes of the clock. */
void vclock_format(const VClock *clock, const char *const *names, GString *out);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VClock, vclock_clear)

#endif
