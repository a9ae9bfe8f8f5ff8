/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link.h: one direction ("way") of a link: what happens to a frame that enters it. Pure: parameters
 * and a stream of frames in, fates out.
 *
 * A frame that enters at time t
 *   1. is discarded if the way is down at t (what is under way already arrives all the same),
 *   2. is discarded at the tail if the queue is full: bytes that entered and whose last bit is not
 *      sent yet, plus its own, exceed the limit. An empty queue takes any frame,
 *   3. is sent when the frames before it are, bit by bit at the way's bandwidth. On the wire it is
 *      what Ethernet makes of it: padded to 60 bytes, plus 4 of checksum, 8 of preamble and 12 of
 *      gap, so never less than 84 bytes. The last bit's time is exact; it is rounded up to a ns
 *      only for the arrival, so that no rate drifts,
 *   4. is lost on the wire, or arrives the latency and a random 0…jitter later, not before the
 *      frame in front of it. One chosen for reordering is held back for one more latency plus
 *      jitter and those behind it may overtake it. One chosen for duplication arrives twice; the
 *      copy has jitter of its own.
 *
 * Each frame draws the same number of random numbers whatever its fate, so that a parameter that
 * is changed does not change the other fates of the frames after it.
 */
#ifndef NETWORK_LINK_H
#define NETWORK_LINK_H

#include "controller/base/vtime.h"
#include "controller/network/prng.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Of probabilities: parts in a billion, so that "0.1%" is exact and prints as it was written. */
#define LINK_CERTAIN UINT32_C(1000000000)

/* All zero is the perfect link: as fast as the quantum allows, nothing happens to any frame. */
typedef struct {
    VTime latency;     /* as asked for; what counts is link_latency() */
    int64_t bandwidth; /* bit/s, 0: unlimited */
    int64_t queue;     /* bytes, 0: unlimited; matters only where there is a bandwidth */
    VTime jitter;
    uint32_t loss, duplicate, reorder; /* parts in LINK_CERTAIN */
    bool exact; /* to a card: delivered at its due time, not at the barrier behind it */
    bool said;  /* `exact` is what the user wants: `quantum auto` leaves it (auto-quantum.h) */
} LinkParams;

/* Why a frame ends on its way. */
typedef enum {
    NET_DROP_NONE,
    NET_DROP_DOWN,    /* the link is down */
    NET_DROP_QUEUE,   /* tail drop */
    NET_DROP_LOSS,    /* lost on the wire */
    NET_DROP_NO_LINK, /* the sending port has no link */
    NET_DROP_HOPS,    /* went through too many switches: a loop */
    NET_DROP_NIC,     /* the receiving NIC did not take it */
} NetDrop;

/* "down", "queue", "loss", "no-link", "hops", "nic"; "" for none. */
const char *net_drop_name(NetDrop drop);

/* At any time sent + duplicated == delivered + lost + dropped + down + what is under way. */
typedef struct {
    uint64_t sent;       /* frames that entered */
    uint64_t delivered;  /* that came out at the other end, duplicates included */
    uint64_t lost;       /* on the wire */
    uint64_t dropped;    /* at the tail of the queue */
    uint64_t down;       /* entered while the way was down */
    uint64_t duplicated; /* copies made */
    uint64_t reordered;  /* held back */
    uint64_t carried;    /* delivered later than due, because the card had its fill */
    uint64_t bytes;      /* of the frames that entered, without Ethernet's overhead */
} LinkStats;

/* A frame that waits for its turn on the line. */
typedef struct {
    VTime until; /* when its last bit is sent */
    size_t size;
} LinkQueued;

typedef struct {
    LinkParams params;
    LinkStats stats;
    uint64_t sequence; /* of the next frame that arrives */
    /* private */
    Prng prng;
    VTime last_due;    /* of the frames that are kept in order */
    VTime busy_until;  /* last bit of the last frame, rounded down, … */
    int64_t busy_rest; /* … and the rest, in 1/bandwidth ns */
    struct {
        LinkQueued *items;
        size_t first, len, capacity;
        int64_t bytes;
    } queue;         /* frames whose last bit is not sent yet */
    GArray *changes; /* LinkChange, by time; `next_change` is the first not yet in effect */
    unsigned next_change;
    bool is_down; /* after those in effect */
} LinkWay;

typedef struct {
    NetDrop drop;    /* NET_DROP_NONE: it arrives */
    unsigned copies; /* 0 to 2 */
    VTime due[2];
} LinkFate;

/* Prepares a way of link `name`; `seed` and `direction` choose its random numbers. */
void link_way_init(LinkWay *way, const LinkParams *params, uint64_t seed, const char *name,
                   unsigned direction);
void link_way_clear(LinkWay *way);

/* Other parameters from the next frame on; frames under way keep their times. */
void link_way_set(LinkWay *way, const LinkParams *params);

/* Up or down from virtual time `at` on. Changes may be made in any order; of two at the same time
 * the one made last holds. */
void link_way_schedule(LinkWay *way, VTime at, bool up);

/* Whether the way is up at `at`, which is not before the last frame. */
bool link_way_is_up(const LinkWay *way, VTime at);

/* The next planned change behind `after`: when, and to what; false: there is none. */
bool link_way_next_change(const LinkWay *way, VTime after, VTime *at, bool *up);

/* The latency that counts: what was asked for, but at least a quantum, since what a node sends is
 * known at the barrier only. */
VTime link_latency(const LinkParams *params, VTime quantum);

/* Time from the first to the last bit of a frame of `size` bytes, rounded up; 0 if unlimited. */
VTime link_serialisation(const LinkParams *params, size_t size);

/* A frame enters at `at`, not before the one in front of it: its fate. */
LinkFate link_way_enter(LinkWay *way, VTime at, size_t size, VTime quantum);

/* Bytes that wait to be sent at `at`, the frame on the wire included. */
int64_t link_way_backlog(const LinkWay *way, VTime at);

#endif
