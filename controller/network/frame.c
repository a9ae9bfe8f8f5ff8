/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frame.c: allocates frames from one free list for each size class.
 */
#include "controller/network/frame.h"

#include <string.h>

#define SMALLEST ((size_t)128)

G_STATIC_ASSERT((SMALLEST << (FRAME_CLASSES - 1)) == FRAME_MAX);

static unsigned class_of(size_t size)
{
    unsigned c = 0;

    while ((SMALLEST << c) < size)
        c++;
    return c;
}

Frame *frame_new(FramePool *pool, const void *data, size_t size)
{
    unsigned c = class_of(size);
    Frame *frame = pool->free[c];

    if (frame) {
        pool->free[c] = frame->next;
    } else {
        frame = g_malloc(sizeof(*frame) + (SMALLEST << c));
        frame->clock = (VClock){0};
        frame->size_class = c;
    }
    frame->refs = 1;
    frame->size = size;
    frame->digest = 0;
    frame->clock.len = 0; /* the clock's memory is kept */
    frame->next = NULL;
    if (size > 0)
        memcpy(frame->data, data, size);
    return frame;
}

void frame_unref(FramePool *pool, Frame *frame)
{
    if (--frame->refs > 0)
        return;
    frame->next = pool->free[frame->size_class];
    pool->free[frame->size_class] = frame;
}

void frame_pool_clear(FramePool *pool)
{
    for (unsigned c = 0; c < FRAME_CLASSES; c++)
        while (pool->free[c]) {
            Frame *frame = pool->free[c];

            pool->free[c] = frame->next;
            vclock_clear(&frame->clock);
            g_free(frame);
        }
}
