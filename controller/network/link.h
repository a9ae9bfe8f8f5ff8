/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link.h: one direction ("way") of a link: the fate of a frame that enters the way. Pure:
 * parameters and a stream of frames in, fates out.
 *
 * A frame that enters at time t
 *   1. is discarded if the way is down at t (frames already under way still arrive),
 *   2. is discarded at the tail if the queue is full: the queue's bytes (frames that entered and
 *      whose last bit is not sent yet) plus the frame's own exceed the limit. An empty queue
 *      accepts any frame,
 *   3. is sent after the frames before it, bit by bit at the way's bandwidth. The size on the wire
 *      is Ethernet's: padded to 60 bytes, plus 4 of checksum, 8 of preamble and 12 of gap, so at
 *      least 84 bytes. The time of the last bit is exact; only the arrival is rounded up to a ns,
 *      so that no rate drifts. On a serial line a frame is one byte, and takes its bits' time,
 *   4. is lost on the wire, or arrives after the latency and a random jitter 0…max, not before the
 *      frame in front of it. A frame chosen for reordering is held back for one more latency plus
 *      jitter, and the frames behind may overtake it. A frame chosen for duplication arrives twice;
 *      the copy has jitter of its own.
 *
 * Each frame draws the same number of random numbers for any fate. So a changed parameter does not
 * change the other fates of the frames after it.
 */
#ifndef NETWORK_LINK_H
#define NETWORK_LINK_H

#include "controller/base/codec.h"
#include "controller/base/vtime.h"
#include "controller/network/prng.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Unit of probabilities: parts in a billion, so that "0.1%" is exact and prints as written. */
#define LINK_CERTAIN UINT32_C(1000000000)

/* Parameters of one way. All zero is the perfect link: as fast as the quantum allows, without
 * losses. */
typedef struct {
    VTime latency;     /* as requested; link_latency() is the effective latency */
    int64_t bandwidth; /* bit/s, 0: unlimited; of a serial line above 0: its baud rate */
    int64_t queue;     /* bytes, 0: unlimited; has an effect only with a bandwidth */
    VTime jitter;
    uint32_t loss, duplicate, reorder; /* parts in LINK_CERTAIN */
    uint8_t
        byte_bits;  /* serial line: bits that a byte takes, with start and stop bits; 0: Ethernet */
    bool exact;     /* delivers to a NIC at the due time, not at the barrier after it */
    bool exact_set; /* the user has set `exact`: `quantum auto` keeps it (auto-quantum.h) */
} LinkParams;

/* Reason for the end of a frame on its way. */
typedef enum {
    NET_DROP_NONE,
    NET_DROP_DOWN,    /* the link is down */
    NET_DROP_QUEUE,   /* tail drop */
    NET_DROP_LOSS,    /* lost on the wire */
    NET_DROP_NO_LINK, /* the sending port has no link */
    NET_DROP_HOPS,    /* passed too many switches: a loop */
    NET_DROP_NIC,     /* the receiving NIC refused the frame */
} NetDrop;

/* Returns "down", "queue", "loss", "no-link", "hops" or "nic"; "" for NET_DROP_NONE. */
const char *net_drop_name(NetDrop drop);

/* At any time sent + duplicated == delivered + lost + dropped + down + frames under way. */
typedef struct {
    uint64_t sent;       /* frames that entered */
    uint64_t delivered;  /* frames that left at the other end, duplicates included */
    uint64_t lost;       /* on the wire */
    uint64_t dropped;    /* at the tail of the queue */
    uint64_t down;       /* entered while the way was down */
    uint64_t duplicated; /* copies made */
    uint64_t reordered;  /* held back */
    uint64_t carried;    /* delivered later than due, because the NIC was full */
    uint64_t bytes;      /* of the frames that entered, without Ethernet's overhead */
} LinkStats;

/* A frame that waits to be sent or is being sent. */
typedef struct {
    VTime until; /* time of the frame's last bit */
    size_t size;
} LinkQueued;

typedef struct {
    LinkParams params;
    LinkStats stats;
    uint64_t sequence; /* number of the next frame that arrives */
    /* private */
    Prng prng;
    VTime last_due;    /* due time of the last frame kept in order */
    VTime busy_until;  /* time of the last frame's last bit, rounded down */
    int64_t busy_rest; /* the rest of that time, in 1/bandwidth ns */
    struct {
        LinkQueued *items;
        size_t first, len, capacity;
        int64_t bytes;
    } queue;         /* frames whose last bit is not sent yet */
    GArray *changes; /* LinkChange, by time; `next_change` is the first one not yet in effect */
    unsigned next_change;
    bool is_down; /* state after the changes in effect */
} LinkWay;

typedef struct {
    NetDrop drop;    /* NET_DROP_NONE: the frame arrives */
    unsigned copies; /* 0 to 2 */
    VTime due[2];
    /* Of both copies: the wait for the bits of the frames in front, and the time of its own bits.
     * What is left up to `due` is the latency, with jitter and what holds the frame's place. */
    VTime queued, bits;
} LinkFate;

/* Prepares a way of link `name`. `seed`, `name` and `direction` determine the way's random
 * numbers. */
void link_way_init(LinkWay *way, const LinkParams *params, uint64_t seed, const char *name,
                   unsigned direction);
void link_way_clear(LinkWay *way);

/* Sets other parameters from the next frame on. Frames under way keep their times. */
void link_way_set(LinkWay *way, const LinkParams *params);

/* Plans a change to up or down from virtual time `at` on. Changes may be planned in any order. If
 * two changes have the same time, the one planned last is in effect. */
void link_way_schedule(LinkWay *way, VTime at, bool up);

/* Reports whether the way is up at `at`; `at` must not be before the last frame. */
bool link_way_is_up(const LinkWay *way, VTime at);

/* Finds the next planned change after `after`: time and new state. Returns false if no change is
 * planned. */
bool link_way_next_change(const LinkWay *way, VTime after, VTime *at, bool *up);

/* Bits of a byte on a serial line: a start bit, 8 data bits, a stop bit. */
#define LINK_BYTE_BITS 10

/* Returns how long after its send a frame arrives at the earliest, as requested: the latency; on a
 * serial line a byte's own time comes on top, as no byte is shorter. */
VTime link_asked_latency(const LinkParams *params);

/* Returns the effective latency: the requested one, but at least a quantum, because a node's sends
 * are known at the barrier only. */
VTime link_latency(const LinkParams *params, VTime quantum);

/* Returns the time from the first to the last bit of a frame of `size` bytes, rounded up; 0 without
 * a bandwidth. */
VTime link_serialisation(const LinkParams *params, size_t size);

/* Enters a frame at `at` and returns its fate. `at` must not be before the frame in front. */
LinkFate link_way_enter(LinkWay *way, VTime at, size_t size, VTime quantum);

/* Returns the bytes that wait to be sent at `at`, including the frame on the wire. */
int64_t link_way_backlog(const LinkWay *way, VTime at);

/* Writes all of a way but its parameters to bytes, and reads it into a way of the same
 * parameters. */
void link_way_save(const LinkWay *way, GByteArray *out);
void link_way_load(LinkWay *way, Reader *r);

#endif
