/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vtime.h: the three kinds of time, each with a type of its own, so that the compiler refuses to
 * mix them.
 *
 * VTime is virtual nanoseconds, HTime host nanoseconds (CLOCK_MONOTONIC), Insns executed guest
 * instructions. Mixing two of these is this project's worst possible bug.
 */
#ifndef BASE_VTIME_H
#define BASE_VTIME_H

#include <stdint.h>
#include <time.h>

typedef struct {
    int64_t ns;
} VTime;

typedef struct {
    int64_t ns;
} HTime;

typedef struct {
    int64_t n;
} Insns;

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

static inline VTime vtime(int64_t ns)
{
    return (VTime){ns};
}

static inline VTime vtime_add(VTime a, VTime b)
{
    return (VTime){a.ns + b.ns};
}

static inline VTime vtime_sub(VTime a, VTime b)
{
    return (VTime){a.ns - b.ns};
}

/* For sums of values from users: the sum is capped at INT64_MAX ns, 292 years. */
static inline VTime vtime_add_capped(VTime a, VTime b)
{
    VTime sum;

    if (__builtin_add_overflow(a.ns, b.ns, &sum.ns))
        sum.ns = INT64_MAX;
    return sum;
}

/* Whole microseconds, rounded down: the grid on which QEMU's net filters set their timers. */
static inline int64_t vtime_floor_us(VTime a)
{
    return a.ns / NS_PER_US;
}

/* Rounds up to a whole microsecond. */
static inline VTime vtime_ceil_us(VTime a)
{
    return vtime((a.ns + NS_PER_US - 1) / NS_PER_US * NS_PER_US);
}

static inline HTime htime_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (HTime){ts.tv_sec * NS_PER_S + ts.tv_nsec};
}

static inline HTime htime_sub(HTime a, HTime b)
{
    return (HTime){a.ns - b.ns};
}

#endif
