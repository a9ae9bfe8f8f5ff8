/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recent.c: a ring of lines over a ring of bytes. Each line is stored in one piece; a line without
 * room at the end of the bytes is stored at their start.
 */
#include "controller/base/recent.h"

#include <string.h>

typedef struct {
    VTime at;
    guint32 offset, size;
    gsize cut;
} Line;

struct Recent {
    char *bytes;
    Line *lines;
    unsigned first, n; /* index and number of lines */
    gsize end;         /* offset in bytes behind the last line */
    uint64_t left_out;
};

Recent *recent_new(void)
{
    return g_new0(Recent, 1);
}

void recent_free(Recent *r)
{
    if (!r)
        return;
    g_free(r->bytes);
    g_free(r->lines);
    g_free(r);
}

static Line *line_at(const Recent *r, unsigned i)
{
    return &r->lines[(r->first + i) % RECENT_LINES];
}

static void forget_oldest(Recent *r)
{
    r->first = (r->first + 1) % RECENT_LINES;
    r->n--;
    r->left_out++;
}

/* Reports whether the oldest line overlaps bytes from..to. Lines are stored one after the other, so
 * the oldest line is the first that can overlap. */
static bool in_the_way(const Recent *r, gsize from, gsize to)
{
    const Line *l = line_at(r, 0);

    return l->offset < to && from < l->offset + MAX(l->size, 1);
}

void recent_add(Recent *r, const char *text, gsize size, VTime at)
{
    gsize kept = MIN(size, RECENT_LINE_BYTES), start = r->end;

    if (!r->bytes) {
        r->bytes = g_malloc(RECENT_BYTES);
        r->lines = g_new0(Line, RECENT_LINES);
    }
    if (start + MAX(kept, 1) > RECENT_BYTES) {
        while (r->n > 0 && line_at(r, 0)->offset >= start)
            forget_oldest(r);
        start = 0;
    }
    while (r->n > 0 && (r->n == RECENT_LINES || in_the_way(r, start, start + MAX(kept, 1))))
        forget_oldest(r);
    memcpy(r->bytes + start, text, kept);
    r->n++;
    *line_at(r, r->n - 1) = (Line){at, (guint32)start, (guint32)kept, size - kept};
    r->end = start + MAX(kept, 1);
}

unsigned recent_count(const Recent *r)
{
    return r->n;
}

uint64_t recent_left_out(const Recent *r)
{
    return r->left_out;
}

RecentLine recent_line(const Recent *r, unsigned index)
{
    const Line *l = line_at(r, index);

    return (RecentLine){r->bytes + l->offset, l->size, l->cut, l->at};
}
