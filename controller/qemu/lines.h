/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lines.h: a guest's output as lines of visible text with virtual times, and the patterns that
 * callers look for in them. Pure: bytes in, lines out.
 *
 * Escape sequences and control characters but tab are left out (text_filter()). A line ends with
 * LF, with CR LF, or with CR alone, as progress bars do it. No line is made if there is no text
 * between CR and LF. A line of more than LINES_MAX bytes becomes several. The time of a line is the
 * end of the quantum in which its first byte was written.
 *
 * An incomplete line is matched too, whenever it has grown, since a prompt has no end. The text
 * that has matched in such a line is gone for the next wait; the text behind the match stays.
 */
#ifndef QEMU_LINES_H
#define QEMU_LINES_H

#include "controller/base/codec.h"
#include "controller/base/vtime.h"
#include "controller/qemu/pattern.h"

#define LINES_MAX 65536

typedef struct Lines Lines;

Lines *lines_new(void);
void lines_free(Lines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lines, lines_free)

/* Adds bytes that were written by `until`. True if the awaited pattern, or a watch, has matched or
 * given up, now or before. */
bool lines_feed(Lines *lines, const char *bytes, gsize size, VTime until);

/* Called for each complete line; text is the guest's, without a NUL. NULL ends it. */
typedef void (*LinesFunc)(const char *text, gsize size, VTime time, void *data);
void lines_follow(Lines *lines, LinesFunc func, void *data);

/* Whether there is a line that has not ended, and its time. */
bool lines_open(const Lines *lines, VTime *time);

/* The result of a wait or of a watch. */
typedef struct LinesFound {
    char *line; /* the line, or its part behind the last match; NULL: nothing yet */
    VTime time; /* of the line */
    VTime until;
    bool gave_up; /* the match of this line took too many steps */
    PatternMatch match;
} LinesFound;

/*
 * Waits for a line that matches, beginning behind the line that matched last. Output from before
 * the wait counts, but never twice. Of output that nobody has waited for, the last 512 KiB at least
 * are kept. NULL ends the wait. Takes a reference to pattern.
 */
void lines_await(Lines *lines, GRegex *pattern);
const LinesFound *lines_found(const Lines *lines);

/* Looks for a pattern in every line that ends, or grows, from now on. A result is kept until
 * lines_watch_again(); meanwhile the watch does not look. Each line is found once. The watch
 * belongs to `lines`; lines_unwatch() frees it. */
typedef struct LinesWatch LinesWatch;
LinesWatch *lines_watch(Lines *lines, GRegex *pattern);
void lines_unwatch(Lines *lines, LinesWatch *watch);
const LinesFound *lines_watch_found(const LinesWatch *watch);
void lines_watch_again(LinesWatch *watch);

/*
 * Writes the lines to bytes, and reads them over what is there: the incomplete line, and what nobody
 * has waited for. A wait is not written, and one that is there ends. Watches are not written either:
 * those that are there stay, and look for what comes from then on, unless lines_watch_load() puts
 * them where another one was; a result that it had is not kept.
 */
void lines_save(const Lines *lines, GByteArray *out);
void lines_load(Lines *lines, Reader *r);
void lines_watch_save(const LinesWatch *watch, GByteArray *out);
void lines_watch_load(const Lines *lines, LinesWatch *watch, Reader *r);

/* Whether a pattern is awaited. */
bool lines_awaited(const Lines *lines);

/* Whether a pattern is awaited or watched. */
bool lines_expect(const Lines *lines);

/* Whether the wait or a watch has a result, as lines_feed() returns it. */
bool lines_any_found(const Lines *lines);

#endif
