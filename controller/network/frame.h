/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frame.h: the bytes of a frame, shared by all copies on their way, and a pool that reuses memory,
 * so that a steady flow of packets allocates nothing. One thread only.
 */
#ifndef NETWORK_FRAME_H
#define NETWORK_FRAME_H

#include "controller/network/vclock.h"

#include <stddef.h>
#include <stdint.h>

/* Limit in bytes: the largest frame of virtio with segmentation offload, with room to spare. */
#define FRAME_MAX ((size_t)1 << 17)

typedef struct Frame Frame;
struct Frame {
    unsigned refs;
    unsigned size_class;
    size_t size;
    uint64_t number; /* number in the network */
    uint64_t digest; /* of the content; 0: not yet computed */
    VClock clock;    /* clock of the send; empty without a trace */
    Frame *next;     /* in the pool */
    uint8_t data[];
};

#define FRAME_CLASSES 11 /* 128 bytes to FRAME_MAX, in powers of two */

/* All zero is an empty pool. */
typedef struct {
    Frame *free[FRAME_CLASSES];
} FramePool;

/* Returns a copy of `size` bytes, at most FRAME_MAX, with one reference and an empty clock. */
Frame *frame_new(FramePool *pool, const void *data, size_t size);

static inline Frame *frame_ref(Frame *frame)
{
    frame->refs++;
    return frame;
}

/* Drops a reference. The last reference returns the frame to the pool. */
void frame_unref(FramePool *pool, Frame *frame);

/* Frees the frames in the pool. Frames in use must have been returned before. */
void frame_pool_clear(FramePool *pool);

#endif
