/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page-store.c: pages are numbered and counted. Contents are a list of leaves, each with the numbers
 * of its pages; a leaf of which no page has changed is shared as a whole, so that what is not
 * touched costs nothing to store, to keep and to free.
 */
#include "controller/base/page-store.h"

#include "controller/base/data-view.h"
#include "controller/base/memfile.h"
#include "controller/base/page-arena.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PAGE       PAGE_BYTES
#define LEAF_PAGES 512u
#define LEAF_BYTES (LEAF_PAGES * PAGE)

typedef struct {
    unsigned users; /* contents that have the leaf */
    uint32_t pages[LEAF_PAGES];
} Leaf;

struct PageStore {
    gatomicrefcount references;
    GMutex lock;
    PageArena *arena;
    unsigned leaves;
    GPtrArray *contents;   /* StoredPages, the last stored last; not owned */
    const StoredPages *at; /* what the file contained when it was last known; NULL: not known */
};

struct StoredPages {
    PageStore *store;
    int64_t size;
    unsigned n_leaves;
    Leaf **leaves; /* NULL: zeros */
};

static bool fail(const char *what, GError **error)
{
    int number = errno;

    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(number), "%s: %s", what,
                g_strerror(number));
    return false;
}

/* --- the store --- */

PageStore *page_store_new(void)
{
    PageStore *store = g_new0(PageStore, 1);

    g_atomic_ref_count_init(&store->references);
    g_mutex_init(&store->lock);
    store->arena = page_arena_new();
    store->contents = g_ptr_array_new();
    return store;
}

PageStore *page_store_ref(PageStore *store)
{
    g_atomic_ref_count_inc(&store->references);
    return store;
}

void page_store_unref(PageStore *store)
{
    if (!store || !g_atomic_ref_count_dec(&store->references))
        return;
    page_arena_free(store->arena);
    g_ptr_array_unref(store->contents);
    g_mutex_clear(&store->lock);
    g_free(store);
}

int64_t page_store_bytes(PageStore *store)
{
    int64_t bytes;

    g_mutex_lock(&store->lock);
    bytes = page_arena_held(store->arena) + (int64_t)(store->leaves * sizeof(Leaf));
    g_mutex_unlock(&store->lock);
    return bytes;
}

/* --- contents --- */

static StoredPages *contents_new(PageStore *store, int64_t size)
{
    StoredPages *s = g_new0(StoredPages, 1);

    s->store = page_store_ref(store);
    s->size = size;
    s->n_leaves = (unsigned)((size + (int64_t)LEAF_BYTES - 1) / (int64_t)LEAF_BYTES);
    s->leaves = g_new0(Leaf *, MAX(s->n_leaves, 1));
    return s;
}

static void leave_leaf(PageStore *store, Leaf *leaf)
{
    if (!leaf || --leaf->users > 0)
        return;
    for (unsigned i = 0; i < LEAF_PAGES; i++)
        if (leaf->pages[i] != PAGE_ZEROS)
            page_arena_leave(store->arena, leaf->pages[i]);
    g_free(leaf);
    store->leaves--;
}

void stored_pages_free(StoredPages *s)
{
    PageStore *store;

    if (!s)
        return;
    store = s->store;
    g_mutex_lock(&store->lock);
    g_ptr_array_remove(store->contents, s);
    if (store->at == s) /* the others have most in common with the file, too */
        store->at =
            store->contents->len > 0 ? store->contents->pdata[store->contents->len - 1] : NULL;
    for (unsigned i = 0; i < s->n_leaves; i++)
        leave_leaf(store, s->leaves[i]);
    page_arena_trim(store->arena);
    g_mutex_unlock(&store->lock);
    page_store_unref(store);
    g_free(s->leaves);
    g_free(s);
}

static uint32_t page_at(const StoredPages *s, size_t at)
{
    const Leaf *leaf = s && at / LEAF_BYTES < s->n_leaves ? s->leaves[at / LEAF_BYTES] : NULL;

    return leaf ? leaf->pages[at / PAGE % LEAF_PAGES] : PAGE_ZEROS;
}

const uint8_t *stored_pages_at(const StoredPages *s, int64_t at, size_t *n)
{
    const size_t size = (size_t)s->size, in_page = (size_t)at % PAGE;
    const uint32_t first = page_at(s, (size_t)at);
    uint32_t page = first;
    size_t end = (size_t)at - in_page + PAGE;

    for (; end < size; end += PAGE) {
        uint32_t next = page_at(s, end);

        if (first == PAGE_ZEROS ? next != PAGE_ZEROS : !page_arena_follows(page, next))
            break;
        page = next;
    }
    *n = MIN(end, size) - (size_t)at;
    return first == PAGE_ZEROS ? NULL : page_arena_bytes(s->store->arena, first) + in_page;
}

ssize_t stored_pages_read(const StoredPages *s, int64_t from, void *out, size_t size, int64_t *at)
{
    const uint8_t *bytes = NULL;
    size_t n = 0;

    for (*at = from; *at < s->size && !(bytes = stored_pages_at(s, *at, &n)); *at += (int64_t)n)
        ;
    if (!bytes) {
        *at = from;
        return 0;
    }
    n = MIN(n, size);
    memcpy(out, bytes, n);
    return (ssize_t)n;
}

PageStore *stored_pages_store(const StoredPages *s)
{
    return s->store;
}

int64_t stored_pages_size(const StoredPages *s)
{
    return s->size;
}

static size_t own_bytes(const PageStore *store, const Leaf *leaf)
{
    size_t bytes = sizeof(*leaf);

    for (unsigned i = 0; i < LEAF_PAGES; i++)
        if (leaf->pages[i] != PAGE_ZEROS && page_arena_users(store->arena, leaf->pages[i]) == 1)
            bytes += PAGE;
    return bytes;
}

int64_t stored_pages_own_bytes(const StoredPages *s)
{
    size_t bytes = 0;

    g_mutex_lock(&s->store->lock);
    for (unsigned i = 0; i < s->n_leaves; i++)
        if (s->leaves[i] && s->leaves[i]->users == 1)
            bytes += own_bytes(s->store, s->leaves[i]);
    g_mutex_unlock(&s->store->lock);
    return (int64_t)bytes;
}

/* --- storing --- */

/* New pages that lie behind each other, in the file as in the store. */
typedef struct {
    uint32_t first, last; /* PAGE_ZEROS: none */
    size_t at;            /* in the file */
} Run;

static bool write_run(const PageStore *store, const DataView *v, Run *run)
{
    size_t size = (run->last - run->first + 1) * PAGE;
    bool ok =
        run->first == PAGE_ZEROS || page_arena_write(store->arena, run->first, v->bytes + run->at,
                                                     MIN(size, v->size - run->at));

    *run = (Run){PAGE_ZEROS, PAGE_ZEROS, 0};
    return ok;
}

/* The page of the store that has these bytes: `before` if that has them. */
static bool store_page(PageStore *store, const DataView *v, size_t at, uint32_t before,
                       uint32_t *page, Run *run, GError **error)
{
    const size_t size = MIN(PAGE, v->size - at);
    uint32_t made;

    if (before != PAGE_ZEROS &&
        memcmp(v->bytes + at, page_arena_bytes(store->arena, before), size) == 0) {
        *page = before;
        return true;
    }
    if (memfile_is_zero(v->bytes + at, size))
        return true;
    made = page_arena_take(store->arena, error);
    if (made == PAGE_ZEROS)
        return false;
    *page = made;
    if (!page_arena_follows(run->last, made) || at != run->at + (made - run->first) * PAGE) {
        if (!write_run(store, v, run))
            return fail("no memory", error);
        *run = (Run){made, made, at};
    }
    run->last = made;
    return true;
}

/* Whether a page was made for these contents, and counts as used by them. */
static bool is_new(uint32_t page, uint32_t before)
{
    return page != PAGE_ZEROS && page != before;
}

/* The leaf with these pages: that of before, if they are the same. */
static Leaf *finish_leaf(PageStore *store, const uint32_t *pages, Leaf *before)
{
    static const uint32_t zeros[LEAF_PAGES];
    Leaf *leaf;

    if (memcmp(pages, zeros, sizeof(zeros)) == 0)
        return NULL;
    if (before && memcmp(pages, before->pages, sizeof(zeros)) == 0) {
        before->users++;
        return before;
    }
    leaf = g_new(Leaf, 1);
    leaf->users = 1;
    memcpy(leaf->pages, pages, sizeof(zeros));
    for (unsigned i = 0; i < LEAF_PAGES; i++)
        if (pages[i] != PAGE_ZEROS && !is_new(pages[i], before ? before->pages[i] : PAGE_ZEROS))
            page_arena_use(store->arena, pages[i]);
    store->leaves++;
    return leaf;
}

static bool store_leaf(PageStore *store, DataView *v, StoredPages *s, unsigned number,
                       GError **error)
{
    const size_t begin = number * LEAF_BYTES, end = MIN(begin + LEAF_BYTES, v->size);
    Leaf *before = store->at && number < store->at->n_leaves ? store->at->leaves[number] : NULL;
    uint32_t pages[LEAF_PAGES] = {PAGE_ZEROS};
    Run run = {PAGE_ZEROS, PAGE_ZEROS, 0};
    bool ok = true, has;

    for (size_t at = begin; ok && at < end; at += PAGE) {
        const unsigned i = (unsigned)((at - begin) / PAGE);

        ok = data_view_has(v, at, &has);
        if (!ok)
            fail("can't read a file in memory", error);
        else if (has)
            ok = store_page(store, v, at, before ? before->pages[i] : PAGE_ZEROS, &pages[i], &run,
                            error);
        else if (v->data >= end)
            break;
    }
    if (ok && !write_run(store, v, &run))
        ok = fail("no memory", error);
    s->leaves[number] = finish_leaf(store, pages, before);
    return ok;
}

StoredPages *page_store_put(PageStore *store, int fd, GError **error)
{
    StoredPages *s;
    bool ok = true;
    DataView v;

    if (!data_view_open(&v, fd)) {
        fail("can't read a file in memory", error);
        return NULL;
    }
    s = contents_new(store, (int64_t)v.size);
    g_mutex_lock(&store->lock);
    for (unsigned i = 0; ok && i < s->n_leaves; i++)
        ok = store_leaf(store, &v, s, i, error);
    if (ok) {
        g_ptr_array_add(store->contents, s);
        store->at = s;
    }
    g_mutex_unlock(&store->lock);
    data_view_close(&v);
    if (!ok)
        g_clear_pointer(&s, stored_pages_free);
    return s;
}

/* --- filling --- */

/* A part of the file that becomes zeros, or what lies behind each other in the store. */
typedef struct {
    const uint8_t *from; /* NULL: zeros */
    size_t at, size;     /* size 0: nothing */
} Patch;

static bool apply(int fd, Patch *p)
{
    const size_t whole = (p->size + PAGE - 1) / PAGE * PAGE;
    bool ok = p->size == 0 || (p->from ? memfile_write(fd, p->from, p->size, (off_t)p->at)
                                       : fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                                   (off_t)p->at, (off_t)whole) == 0);

    p->size = 0;
    return ok;
}

static bool patch(int fd, Patch *p, const uint8_t *from, size_t at, size_t size)
{
    if (p->size > 0 && p->at + p->size == at &&
        (from ? p->from && p->from + p->size == from : !p->from)) {
        p->size += size;
        return true;
    }
    if (!apply(fd, p))
        return false;
    *p = (Patch){from, at, size};
    return true;
}

static bool fill_page(const StoredPages *s, const DataView *v, size_t at, bool has, Patch *p)
{
    const size_t size = MIN(PAGE, v->size - at);
    const uint32_t page = page_at(s, at);
    const uint8_t *from = page == PAGE_ZEROS ? NULL : page_arena_bytes(s->store->arena, page);

    if (from ? has && memcmp(v->bytes + at, from, size) == 0
             : !has || memfile_is_zero(v->bytes + at, size))
        return true;
    return patch(v->fd, p, from, at, size);
}

/* What is written lies in front of what is still to be looked at, so the view stays right. */
static bool fill_all(const StoredPages *s, DataView *v)
{
    Patch p = {NULL, 0, 0};
    bool has;

    for (size_t at = 0; at < v->size; at += PAGE) {
        if (!data_view_has(v, at, &has))
            return false;
        if (!has && !s->leaves[at / LEAF_BYTES])
            at += (MIN(v->data - at, LEAF_BYTES - at % LEAF_BYTES) - 1) / PAGE * PAGE;
        else if (!fill_page(s, v, at, has, &p))
            return false;
    }
    return apply(v->fd, &p);
}

bool stored_pages_fill(StoredPages *s, int fd, GError **error)
{
    bool ok = ftruncate(fd, (off_t)s->size) == 0;
    DataView v = {.fd = -1};

    if (!ok || !data_view_open(&v, fd))
        return fail("no memory", error);
    g_mutex_lock(&s->store->lock);
    ok = fill_all(s, &v) || fail("no memory", error);
    if (ok)
        s->store->at = s;
    g_mutex_unlock(&s->store->lock);
    data_view_close(&v);
    return ok;
}
