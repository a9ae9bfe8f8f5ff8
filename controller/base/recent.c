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

static void allocate(Recent *r)
{
    if (r->bytes)
        return;
    r->bytes = g_malloc(RECENT_BYTES);
    r->lines = g_new0(Line, RECENT_LINES);
}

void recent_add(Recent *r, const char *text, gsize size, VTime at)
{
    gsize kept = MIN(size, RECENT_LINE_BYTES), start = r->end;

    allocate(r);
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

/* Offsets too: they decide which lines a further line drops. */
void recent_save(const Recent *r, GByteArray *out)
{
    put_u64(out, r->left_out);
    put_u32(out, (uint32_t)r->end);
    put_u32(out, r->n);
    for (unsigned i = 0; i < r->n; i++) {
        const Line *l = line_at(r, i);

        put_time(out, l->at);
        put_u32(out, l->offset);
        put_u64(out, l->cut);
        put_bytes(out, r->bytes + l->offset, l->size);
    }
}

void recent_load(Recent *recent, Reader *r)
{
    unsigned n;

    recent->left_out = get_u64(r);
    recent->end = get_u32(r);
    recent->first = recent->n = 0;
    n = get_count(r, 8 + 4 + 8 + 4);
    reader_demand(r, n <= RECENT_LINES && recent->end <= RECENT_BYTES);
    allocate(recent);
    for (unsigned i = 0; i < n && !r->bad; i++) {
        Line l = {0};
        const uint8_t *text;
        gsize size;

        l.at = get_time(r);
        l.offset = get_u32(r);
        l.cut = get_u64(r);
        text = get_bytes(r, &size);
        reader_demand(r, size <= RECENT_LINE_BYTES && l.offset + MAX(size, 1) <= RECENT_BYTES);
        if (r->bad)
            break;
        l.size = (guint32)size;
        memcpy(recent->bytes + l.offset, text, size);
        recent->lines[recent->n++] = l;
    }
}
