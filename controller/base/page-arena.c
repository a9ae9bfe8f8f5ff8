/* SPDX-License-Identifier: GPL-3.0-or-later */
/* page-arena.c: pages lie in segments, each a file in memory of its own. */
#include "controller/base/page-arena.h"

#include "controller/base/fd.h"
#include "controller/base/memfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#define SEGMENT_PAGES 16384u
#define SEGMENT_BYTES (SEGMENT_PAGES * PAGE_BYTES)

/* Free pages whose memory is kept: to write into them is cheaper than into new ones. */
#define KEPT_PAGES 4096u

/* A file in memory, mapped to be read. It is written to by pwrite(2), which tells of a lack of memory
 * where a mapping would end the program. */
typedef struct {
    int fd;
    uint8_t *bytes;
    uint32_t users[SEGMENT_PAGES];
} Segment;

struct PageArena {
    GPtrArray *segments; /* Segment */
    uint32_t numbered;   /* pages that have ever been used: those behind them are free, too */
    uint32_t used;
    GArray *kept; /* uint32_t: free pages that have memory */
    GArray *bare; /* uint32_t: free pages that have none */
};

/* --- segments --- */

static void segment_free(void *data)
{
    Segment *s = data;

    if (s->bytes)
        munmap(s->bytes, SEGMENT_BYTES);
    fd_clear(&s->fd);
    g_free(s);
}

static bool add_segment(PageArena *a, GError **error)
{
    Segment *s = g_new0(Segment, 1);
    void *at = MAP_FAILED;

    s->fd = memfile_new("saved pages", 0, error);
    if (s->fd >= 0)
        at = mmap(NULL, SEGMENT_BYTES, PROT_READ, MAP_SHARED, s->fd, 0);
    if (at != MAP_FAILED) {
        s->bytes = at;
        g_ptr_array_add(a->segments, s);
        return true;
    }
    if (s->fd >= 0)
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
                    "can't map a file in memory: %s", g_strerror(errno));
    segment_free(s);
    return false;
}

static Segment *segment_of(const PageArena *a, uint32_t page)
{
    return a->segments->pdata[(page - 1) / SEGMENT_PAGES];
}

static size_t index_of(uint32_t page)
{
    return (page - 1) % SEGMENT_PAGES;
}

static uint32_t *users_of(const PageArena *a, uint32_t page)
{
    return &segment_of(a, page)->users[index_of(page)];
}

PageArena *page_arena_new(void)
{
    PageArena *a = g_new0(PageArena, 1);

    a->segments = g_ptr_array_new_with_free_func(segment_free);
    a->kept = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    a->bare = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    return a;
}

void page_arena_free(PageArena *a)
{
    g_ptr_array_unref(a->segments);
    g_array_unref(a->kept);
    g_array_unref(a->bare);
    g_free(a);
}

const uint8_t *page_arena_bytes(const PageArena *a, uint32_t page)
{
    return segment_of(a, page)->bytes + index_of(page) * PAGE_BYTES;
}

bool page_arena_follows(uint32_t page, uint32_t next)
{
    return page != PAGE_ZEROS && next == page + 1 && index_of(next) != 0;
}

bool page_arena_write(const PageArena *a, uint32_t first, const void *data, size_t size)
{
    return memfile_write(segment_of(a, first)->fd, data, size,
                         (off_t)(index_of(first) * PAGE_BYTES));
}

int64_t page_arena_held(const PageArena *a)
{
    return (int64_t)(((size_t)a->used + a->kept->len) * PAGE_BYTES);
}

/* --- free pages --- */

static bool pop(GArray *pages, uint32_t *page)
{
    if (pages->len == 0)
        return false;
    *page = g_array_index(pages, uint32_t, pages->len - 1);
    g_array_set_size(pages, pages->len - 1);
    return true;
}

uint32_t page_arena_take(PageArena *a, GError **error)
{
    uint32_t page;

    if (!pop(a->kept, &page) && !pop(a->bare, &page)) {
        if (a->numbered == a->segments->len * SEGMENT_PAGES && !add_segment(a, error))
            return PAGE_ZEROS;
        page = ++a->numbered;
    }
    *users_of(a, page) = 1;
    a->used++;
    return page;
}

void page_arena_use(PageArena *a, uint32_t page)
{
    ++*users_of(a, page);
}

unsigned page_arena_users(const PageArena *a, uint32_t page)
{
    return *users_of(a, page);
}

void page_arena_leave(PageArena *a, uint32_t page)
{
    if (--*users_of(a, page) > 0)
        return;
    a->used--;
    g_array_append_val(a->kept, page);
}

/* Descending, so that pages are used again in their order. */
static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x < y) - (x > y);
}

/* Pages first to last, which lie behind each other, give back their memory. */
static void release(const PageArena *a, uint32_t first, uint32_t last)
{
    fallocate(segment_of(a, first)->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
              (off_t)(index_of(first) * PAGE_BYTES), (off_t)((last - first + 1) * PAGE_BYTES));
}

void page_arena_trim(PageArena *a)
{
    const uint32_t *pages = (const uint32_t *)a->kept->data;
    const unsigned n = a->kept->len;

    if (a->used == 0) {
        g_ptr_array_set_size(a->segments, 0);
        g_array_set_size(a->kept, 0);
        g_array_set_size(a->bare, 0);
        a->numbered = 0;
        return;
    }
    g_array_sort(a->kept, by_number);
    if (n <= KEPT_PAGES)
        return;
    for (unsigned i = 0, end; i < n - KEPT_PAGES; i = end) {
        for (end = i + 1; end < n - KEPT_PAGES && page_arena_follows(pages[end], pages[end - 1]);
             end++)
            ;
        release(a, pages[end - 1], pages[i]);
    }
    g_array_append_vals(a->bare, pages, n - KEPT_PAGES);
    g_array_remove_range(a->kept, 0, n - KEPT_PAGES);
    g_array_sort(a->bare, by_number);
}
