/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compare.c: compares line by line, and keeps each node's last icount for the report.
 */
#include "controller/verify/compare.h"

#include "controller/base/text.h"
#include "controller/base/units.h"

#include <string.h>

/* Returns the line at *p and moves *p behind the line; NULL at the end. */
static char *read_line(const char **p)
{
    const char *start = *p, *end = strchr(start, '\n');

    if (!*start)
        return NULL;
    *p = end ? end + 1 : start + strlen(start);
    return end ? g_strndup(start, (gsize)(end - start)) : g_strdup(start);
}

/* Returns the words of the next line that is not a note. */
static char **next_line(const char **p)
{
    for (char *line; (line = read_line(p)); g_free(line)) {
        if (*line != '#') {
            char **words = g_strsplit(line, " ", -1);

            g_free(line);
            return words;
        }
    }
    return NULL;
}

char *compare_next_note(const char **p)
{
    for (char *line; (line = read_line(p)); g_free(line)) {
        if (g_str_has_prefix(line, "# ")) {
            char *note = g_strdup(line + strlen("# "));

            g_free(line);
            return note;
        }
    }
    return NULL;
}

static VTime time_of(char **words)
{
    return vtime(words && words[0] ? g_ascii_strtoll(words[0], NULL, 10) : 0);
}

VTime compare_last_time(const char *end)
{
    g_auto(GStrv) lines = g_strsplit(end, "\n", -1);

    /* The part behind the last newline is not a whole line. */
    for (unsigned i = g_strv_length(lines); i-- > 1;) {
        const char *line = lines[i - 1];

        if (i > 1 && g_ascii_isdigit(*line))
            return vtime(g_ascii_strtoll(line, NULL, 10));
    }
    return vtime(0);
}

static const char *field_of(char **words, const char *name)
{
    const char *value = NULL;

    for (unsigned i = 2; words && words[0] && words[1] && words[i] && !value; i++)
        value = text_value(words[i], name);
    return value;
}

/* Names the first word that differs; both words are "FIELD=VALUE". */
static void name_field(Difference *d, char **a, char **b)
{
    for (unsigned i = 2; a[i] && b[i]; i++) {
        g_auto(GStrv) left = g_strsplit(a[i], "=", 2), right = g_strsplit(b[i], "=", 2);

        if (strcmp(a[i], b[i]) == 0)
            continue;
        d->field = g_strdup(left[0]);
        d->a = g_strdup(left[0] && left[1] ? left[1] : "");
        d->b = g_strdup(right[0] && right[1] ? right[1] : "");
        return;
    }
}

static bool same_place(char **a, char **b)
{
    return a && b && a[0] && b[0] && a[1] && b[1] && strcmp(a[0], b[0]) == 0 &&
           strcmp(a[1], b[1]) == 0;
}

static Difference *describe(char **a, char **b, GHashTable *last_icount, VTime before)
{
    Difference *d = g_new0(Difference, 1);
    const char *from;

    d->before = before;
    d->at = a ? time_of(a) : time_of(b);
    if (!same_place(a, b))
        return d;
    d->node = g_strdup(a[1]);
    name_field(d, a, b);
    from = g_hash_table_lookup(last_icount, a[1]);
    d->from_a = g_strdup(from ? from : "0");
    d->to_a = g_strdup(field_of(a, "icount"));
    return d;
}

static bool same_line(char **a, char **b)
{
    if (!a || !b)
        return !a && !b;
    return g_strv_equal((const char *const *)a, (const char *const *)b);
}

Difference *compare_samples(const char *a, const char *b, uint64_t *samples)
{
    g_autoptr(GHashTable) last_icount =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    VTime before = {0}, now = {0};

    for (*samples = 0;; (*samples)++) {
        g_auto(GStrv) left = next_line(&a), right = next_line(&b);

        if (!left && !right)
            return NULL;
        /* All lines with one time belong to one sample. */
        if (left && time_of(left).ns > now.ns) {
            before = now;
            now = time_of(left);
        }
        if (!same_line(left, right)) {
            Difference *d = describe(left, right, last_icount, before);

            d->samples = *samples;
            return d;
        }
        if (left[0] && left[1])
            g_hash_table_insert(last_icount, g_strdup(left[1]), g_strdup(field_of(left, "icount")));
    }
}

char *difference_text(const Difference *d, unsigned other)
{
    g_autofree char *before = units_format_seconds(d->before), *at = units_format_seconds(d->at);

    if (d->node)
        return g_strdup_printf("runs 1 and %u differ at %s, node %s: %s is %s and %s; all was "
                               "equal at %s",
                               other, at, d->node, d->field, d->a, d->b, before);
    return g_strdup_printf("runs 1 and %u were not sampled alike from %s on: one of them "
                           "ended, or its commands took another way",
                           other, at);
}

void difference_free(Difference *d)
{
    if (!d)
        return;
    g_free(d->node);
    g_free(d->field);
    g_free(d->a);
    g_free(d->b);
    g_free(d->from_a);
    g_free(d->to_a);
    g_free(d);
}

/* --- consoles --- */

/* Bytes of a long line to show: before the difference, and in total. */
#define SHOWN_BEFORE 100
#define SHOWN_MAX    320

/* Returns the line that begins at `start`, made fit for a terminal. at: offset of the
 * difference. */
static char *line_at(const char *text, size_t size, size_t start, size_t at)
{
    const char *newline = start < size ? memchr(text + start, '\n', size - start) : NULL;
    size_t end = newline ? (size_t)(newline - text) : size, from = start, to;
    g_autofree char *shown = NULL;

    if (start >= size)
        return NULL;
    if (newline && end > at + 1 && text[end - 1] == '\r')
        end--;
    if (end - start > SHOWN_MAX && at - start > 2 * SHOWN_BEFORE)
        from = at - SHOWN_BEFORE;
    while (from > start && ((unsigned char)text[from] & 0xc0) == 0x80) /* inside a character */
        from--;
    to = MIN(end, from + SHOWN_MAX);
    shown = text_line(text + from, (gssize)(to - from));
    return g_strconcat(from > start ? "…" : "", shown, to < end ? "…" : "", NULL);
}

ConsoleDifference *compare_consoles(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t common = MIN(a_size, b_size), at = 0, start = 0;
    ConsoleDifference *d;
    uint64_t line = 1;

    for (; at < common && a[at] == b[at]; at++) {
        if (a[at] == '\n') {
            line++;
            start = at + 1;
        }
    }
    if (at == common && a_size == b_size)
        return NULL;
    d = g_new0(ConsoleDifference, 1);
    d->line = line;
    d->longer = at == common;
    d->a = line_at(a, a_size, start, at);
    d->b = line_at(b, b_size, start, at);
    return d;
}

void console_difference_free(ConsoleDifference *d)
{
    if (!d)
        return;
    g_free(d->a);
    g_free(d->b);
    g_free(d);
}
