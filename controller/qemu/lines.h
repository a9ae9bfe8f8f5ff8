/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lines.h: what a guest prints, as lines of visible text with their virtual times, and the patterns
 * that are looked for in them. Pure: bytes in, lines out.
 *
 * Escape sequences and control characters but tab are left out (text_filter()). A line ends with
 * LF, with CR LF, or with CR alone, as progress bars do it; of no text between CR and LF no line is
 * made. A line of more than LINES_MAX bytes becomes several. A line's time is the end of the
 * quantum in which its first byte was written.
 *
 * A line that has not ended is tried too, whenever it has grown: a prompt has no end. What a
 * pattern has matched in it is gone for the next wait, not what follows.
 */
#ifndef QEMU_LINES_H
#define QEMU_LINES_H

#include "controller/base/vtime.h"
#include "controller/qemu/pattern.h"

#define LINES_MAX 65536

typedef struct Lines Lines;

Lines *lines_new(void);
void lines_free(Lines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lines, lines_free)

/* Bytes that were written by `until`. True if what is awaited, or one of the watches, has matched
 * or given up, now or before. */
bool lines_feed(Lines *lines, const char *bytes, gsize size, VTime until);

/* Called for each line that is complete; text is the guest's, without a NUL. NULL ends it. */
typedef void (*LinesFunc)(const char *text, gsize size, VTime time, void *data);
void lines_follow(Lines *lines, LinesFunc func, void *data);

/* Whether there is a line that has not ended, and its time. */
bool lines_open(const Lines *lines, VTime *time);

/* What a pattern has found. */
typedef struct LinesFound {
    char *line; /* NULL: nothing yet */
    VTime time; /* of the line */
    VTime until;
    bool gave_up; /* on this line: it took too long */
    PatternMatch match;
} LinesFound;

/*
 * Waits for a line that matches, beginning behind the line that matched last (so what was printed
 * before the wait counts, but never twice). Of what nobody has waited for, the last 512 KiB at
 * least are kept. NULL ends the wait.
 */
void lines_await(Lines *lines, GRegex *pattern);
const LinesFound *lines_found(const Lines *lines);

/* Looks for a pattern in every line that ends, or grows, from now on. What was found is kept until
 * lines_watch_again(); meanwhile nothing is looked for. A line is found once. */
typedef struct LinesWatch LinesWatch;
LinesWatch *lines_watch(Lines *lines, GRegex *pattern);
void lines_unwatch(Lines *lines, LinesWatch *watch);
const LinesFound *lines_watch_found(const LinesWatch *watch);
void lines_watch_again(LinesWatch *watch);

bool lines_awaited(const Lines *lines);

/* Whether a pattern is awaited or watched. */
bool lines_expect(const Lines *lines);

/* What lines_feed() returned last, or would. */
bool lines_any_found(const Lines *lines);

#endif
