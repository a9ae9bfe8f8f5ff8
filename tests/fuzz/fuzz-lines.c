/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-lines.c: whatever a guest prints, it gives the same lines with the same times however reads
 * split it, none of them has a byte that a terminal obeys, and what a pattern has found is found in
 * the line that is named. A pattern is one, or is refused with one line of text.
 *
 * The input: a byte that seeds the splits (of 0xf8 and more: a line is nearly full already), a pattern
 * up to a newline, what the guest prints. A quantum ends behind each 16 bytes.
 */
#include "controller/base/text.h"
#include "controller/qemu/lines.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define QUANTUM 16

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static GRegex *pattern_of(const char *text)
{
    g_autoptr(GError) error = NULL;
    GRegex *pattern = pattern_new(text, &error);

    demand(!pattern == (error != NULL) && (pattern != NULL) == pattern_check(text, NULL));
    if (error) {
        g_autofree char *line = text_line(error->message, -1);

        demand(strcmp(line, error->message) == 0);
    }
    return pattern;
}

static void check_text(const char *text, gsize size)
{
    demand(size <= LINES_MAX);
    for (gsize i = 0; i < size; i++)
        demand(text[i] == '\t' || !g_ascii_iscntrl(text[i]));
}

static void on_line(const char *text, gsize size, VTime time, void *log)
{
    check_text(text, size);
    g_string_append_printf(log, "%" G_GINT64_FORMAT " ", time.ns);
    g_string_append_len(log, text, (gssize)size);
    g_string_append_c(log, '\n');
}

static void check_found(const LinesFound *f, const GRegex *pattern, VTime now)
{
    PatternMatch again = {0};

    if (!f->line)
        return;
    check_text(f->line, strlen(f->line));
    demand(f->time.ns <= f->until.ns && f->until.ns <= now.ns);
    if (f->gave_up)
        return;
    demand(pattern_try(pattern, f->line, strlen(f->line), &again) == PATTERN_YES);
    demand(again.n == f->match.n);
    for (unsigned i = 0; i < PATTERN_GROUPS; i++)
        demand(strcmp(again.groups[i], f->match.groups[i]) == 0);
    pattern_match_clear(&again);
}

/* Chunks of 1 to `most` bytes, none of them longer than its quantum. */
static char *feed(const char *bytes, size_t size, GRegex *pattern, bool full, unsigned most,
                  uint32_t seed)
{
    g_autoptr(Lines) lines = lines_new();
    LinesWatch *watch = NULL;
    GString *log = g_string_new(NULL);
    VTime now = {0};

    lines_follow(lines, on_line, log);
    if (full) {
        g_autofree char *text = g_strnfill(LINES_MAX - 3, 'x');

        lines_feed(lines, text, LINES_MAX - 3, now);
    }
    if (pattern) {
        lines_await(lines, pattern);
        watch = lines_watch(lines, pattern);
    }
    for (size_t at = 0, step; at < size; at += step) {
        bool found;

        seed = seed * 1664525U + 1013904223U;
        step = MIN(1 + (seed >> 24) % most, MIN(QUANTUM - at % QUANTUM, size - at));
        now = vtime((int64_t)(at / QUANTUM + 1));
        found = lines_feed(lines, bytes + at, step, now);
        demand(found == lines_any_found(lines));
        demand(found == (lines_found(lines)->line || (watch && lines_watch_found(watch)->line)));
    }
    check_found(lines_found(lines), pattern, now);
    if (watch)
        check_found(lines_watch_found(watch), pattern, now);
    lines_feed(lines, "\n", 1, now);
    return g_string_free(log, FALSE);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const uint8_t *end = len > 1 ? memchr(bytes + 1, '\n', len - 1) : NULL;
    g_autofree char *text = NULL, *whole = NULL, *single = NULL, *mixed = NULL;
    g_autoptr(GRegex) pattern = NULL;
    const char *said;
    size_t size;
    bool full;

    if (!end)
        return 0;
    full = (bytes[0] & 0xf8) ==
           0xf8; /* without a pattern, which would be tried on all of it each time */
    text = g_strndup((const char *)bytes + 1, (gsize)(end - bytes - 1));
    pattern = full ? NULL : pattern_of(text);
    said = (const char *)end + 1;
    size = len - (size_t)(end + 1 - bytes);
    whole = feed(said, size, pattern, full, QUANTUM, 0xff000000);
    single = feed(said, size, NULL, full, 1, 0);
    mixed = feed(said, size, pattern, full, 5, bytes[0]);
    demand(strcmp(whole, single) == 0 && strcmp(whole, mixed) == 0);
    return 0;
}
