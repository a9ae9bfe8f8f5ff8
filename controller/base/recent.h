/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recent.h: keeps the last lines of a stream with the virtual time of each line. The memory is
 * allocated once, with the first line. Pure; one thread at a time.
 */
#ifndef BASE_RECENT_H
#define BASE_RECENT_H

#include "controller/base/codec.h"
#include "controller/base/vtime.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define RECENT_LINES      400
#define RECENT_BYTES      32768
#define RECENT_LINE_BYTES 2000 /* a longer line is cut off here */

typedef struct Recent Recent;

Recent *recent_new(void);
void recent_free(Recent *recent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Recent, recent_free)

/* Adds a line of `size` bytes at virtual time `at`. Drops the oldest lines if there is no room. */
void recent_add(Recent *recent, const char *text, gsize size, VTime at);

/* Number of lines kept, and number of lines dropped before them. */
unsigned recent_count(const Recent *recent);
uint64_t recent_left_out(const Recent *recent);

typedef struct {
    const char *text; /* not NUL-terminated; valid until the next recent_add() */
    gsize size;
    gsize cut; /* number of bytes cut off */
    VTime at;
} RecentLine;

/* Returns a line; index 0 is the oldest. */
RecentLine recent_line(const Recent *recent, unsigned index);

/* Writes the lines to bytes, and reads them over those that are there: the same lines are dropped in
 * future. */
void recent_save(const Recent *recent, GByteArray *out);
void recent_load(Recent *recent, Reader *r);

#endif
