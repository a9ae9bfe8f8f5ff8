/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frame.h: the bytes of a frame, shared by all its copies on the way, and a pool that hands memory
 * out again, so that a steady flow of packets allocates nothing. One thread only.
 */
#ifndef NETWORK_FRAME_H
#define NETWORK_FRAME_H

#include "controller/network/vclock.h"

#include <stddef.h>
#include <stdint.h>

/* What virtio hands over with segmentation offload, with room to spare. */
#define FRAME_MAX ((size_t)1 << 17)

typedef struct Frame Frame;
struct Frame {
    unsigned refs;
    unsigned size_class;
    size_t size;
    uint64_t number; /* the network's */
    uint64_t digest; /* of the content; 0: not yet computed */
    VClock clock;    /* of the sending; empty unless a trace is kept */
    Frame *next;     /* in the pool */
    uint8_t data[];
};

#define FRAME_CLASSES 11 /* 128 bytes to FRAME_MAX, in powers of two */

/* All zero is an empty pool. */
typedef struct {
    Frame *free[FRAME_CLASSES];
} FramePool;

/* A copy of `size` bytes, at most FRAME_MAX, with one reference and an empty clock. */
Frame *frame_new(FramePool *pool, const void *data, size_t size);

static inline Frame *frame_ref(Frame *frame)
{
    frame->refs++;
    return frame;
}

/* The last reference gives the frame back to the pool. */
void frame_unref(FramePool *pool, Frame *frame);

/* Frees what the pool holds; frames in use must have come back before. */
void frame_pool_clear(FramePool *pool);

#endif
