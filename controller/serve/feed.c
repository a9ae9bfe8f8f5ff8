/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * feed.c: a record is a Head, the console's name with a NUL and the text with a NUL; it wraps around
 * the end of the ring.
 */
#include "controller/serve/feed.h"

#include <string.h>

#define MAX_NAME 255u

typedef struct {
    uint32_t name, text; /* bytes, without their NULs; name 0: a barrier */
    int64_t at;
    uint64_t number;
} Head;

struct Feed {
    GMutex lock; /* protects all but the item */
    char *ring;
    gsize size, first, used;
    uint64_t lost_lines, lost_barriers;
    GString *item; /* the last one that was popped: name, NUL, text */
};

Feed *feed_new(gsize size)
{
    Feed *f = g_new0(Feed, 1);

    g_mutex_init(&f->lock);
    f->ring = g_malloc(size);
    f->size = size;
    f->item = g_string_new(NULL);
    return f;
}

void feed_free(Feed *f)
{
    if (!f)
        return;
    g_string_free(f->item, TRUE);
    g_free(f->ring);
    g_mutex_clear(&f->lock);
    g_free(f);
}

/* The lock is held, and there is room. */
static void put(Feed *f, const void *bytes, gsize size)
{
    gsize at = (f->first + f->used) % f->size, first = MIN(size, f->size - at);

    memcpy(f->ring + at, bytes, first);
    memcpy(f->ring, (const char *)bytes + first, size - first);
    f->used += size;
}

static void get(Feed *f, void *bytes, gsize size)
{
    gsize first = MIN(size, f->size - f->first);

    memcpy(bytes, f->ring + f->first, first);
    memcpy((char *)bytes + first, f->ring, size - first);
    f->first = (f->first + size) % f->size;
    f->used -= size;
}

static void add(Feed *f, const Head *head, const char *name, const char *text, uint64_t *lost)
{
    gsize size = sizeof(*head) + (head->name > 0 ? head->name + head->text : 0);

    g_mutex_lock(&f->lock);
    if (size > f->size - f->used) {
        ++*lost;
    } else {
        put(f, head, sizeof(*head));
        put(f, name, head->name);
        put(f, text, head->text);
    }
    g_mutex_unlock(&f->lock);
}

void feed_line(Feed *f, const char *console, const char *text, gsize size, VTime at)
{
    const Head head = {.name = (uint32_t)MIN(strlen(console), MAX_NAME),
                       .text = (uint32_t)MIN(size, f->size / 2),
                       .at = at.ns};

    add(f, &head, console, text, &f->lost_lines);
}

void feed_barrier(Feed *f, uint64_t number, VTime at)
{
    const Head head = {.at = at.ns, .number = number};

    add(f, &head, "", "", &f->lost_barriers);
}

bool feed_pop(Feed *f, FeedItem *item)
{
    Head head;
    bool any;

    g_mutex_lock(&f->lock);
    any = f->used > 0;
    if (any) {
        get(f, &head, sizeof(head));
        g_string_set_size(f->item, (gsize)head.name + head.text + 2);
        get(f, f->item->str, head.name);
        get(f, f->item->str + head.name + 1, head.text);
    }
    g_mutex_unlock(&f->lock);
    if (!any)
        return false;
    f->item->str[head.name] = '\0';
    f->item->str[head.name + 1 + head.text] = '\0';
    *item = (FeedItem){.console = head.name > 0 ? f->item->str : NULL,
                       .text = f->item->str + head.name + 1,
                       .size = head.text,
                       .at = {head.at},
                       .number = head.number};
    return true;
}

void feed_dropped(Feed *f, uint64_t *lines, uint64_t *barriers)
{
    g_mutex_lock(&f->lock);
    *lines = f->lost_lines;
    *barriers = f->lost_barriers;
    f->lost_lines = f->lost_barriers = 0;
    g_mutex_unlock(&f->lock);
}
