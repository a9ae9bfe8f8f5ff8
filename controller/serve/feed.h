/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * feed.h: what threads hand to the control socket while the ensemble runs: lines of consoles and
 * barriers. A ring of bytes that is allocated once, with a lock; whoever fills it never waits, so
 * what finds no room is counted and dropped.
 */
#ifndef SERVE_FEED_H
#define SERVE_FEED_H

#include "controller/base/vtime.h"

#include <glib.h>
#include <stdbool.h>

typedef struct Feed Feed;

/* size: bytes of the ring. Free with feed_free(). */
Feed *feed_new(gsize size);
void feed_free(Feed *feed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Feed, feed_free)

/* From any thread; allocate nothing. A longer console name or line is cut to 255 bytes and to half
 * of the ring. */
void feed_line(Feed *feed, const char *console, const char *text, gsize size, VTime at);
void feed_barrier(Feed *feed, uint64_t number, VTime at);

typedef struct {
    const char *console; /* NULL: it is a barrier */
    const char *text;    /* with a NUL behind it */
    gsize size;
    VTime at;
    uint64_t number; /* of a barrier */
} FeedItem;

/* Takes the oldest item out; false: there is none. The texts are valid until the next call. One
 * thread. */
bool feed_pop(Feed *feed, FeedItem *item);

/* Lines and barriers that were dropped since the last call. */
void feed_dropped(Feed *feed, uint64_t *lines, uint64_t *barriers);

#endif
