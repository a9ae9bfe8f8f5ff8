/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-page-store.c: contents of a file that is written to, stored, freed and filled at random are
 * those of a model, take no more memory than they have to, and give it back. SEED=N repeats one of
 * the random ones.
 */
#include "controller/base/page-store.h"

#include "controller/base/fd.h"
#include "controller/save/pages.h"
#include "tests/lib/memory-file.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define PAGE      4096
#define LEAF      (512 * PAGE)
#define LEAF_SIZE (4 + 4 * 512)

static int64_t memory_of(int fd)
{
    return (int64_t)blocks_of(fd) * 512;
}

static GBytes *contents(int fd)
{
    gsize size = (gsize)size_of(fd);
    uint8_t *bytes = g_malloc(size + 1);

    g_assert_cmpint(pread(fd, bytes, size, 0), ==, (ssize_t)size);
    return g_bytes_new_take(bytes, size);
}

static void assert_file(int fd, GBytes *model)
{
    g_autoptr(GBytes) now = contents(fd);

    g_assert_true(g_bytes_equal(now, model));
}

static StoredPages *put(PageStore *store, int fd)
{
    g_autoptr(GError) error = NULL;
    StoredPages *pages = page_store_put(store, fd, &error);

    g_assert_no_error(error);
    g_assert_nonnull(pages);
    return pages;
}

static void fill(StoredPages *pages, int fd)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(stored_pages_fill(pages, fd, &error));
    g_assert_no_error(error);
}

/* Memory that the files of all stores of this process have. */
static int64_t really_held(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    int64_t bytes = 0;
    const char *name;

    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename("/proc/self/fd", name, NULL);
        g_autofree char *link = g_file_read_link(path, NULL);

        if (link && strstr(link, "memfd:saved pages"))
            bytes += memory_of((int)g_ascii_strtoll(name, NULL, 10));
    }
    return bytes;
}

/* Piece by piece, and by reads of a random size. */
static void assert_stored(const StoredPages *pages, GBytes *model, GRand *rand)
{
    gsize size;
    const uint8_t *bytes = g_bytes_get_data(model, &size);
    g_autofree uint8_t *copy = g_malloc0(size + 1), *piece = g_malloc(100000);
    int64_t at = 0, found;
    ssize_t got;
    size_t n;

    g_assert_cmpint(stored_pages_size(pages), ==, (int64_t)size);
    for (; at < (int64_t)size; at += (int64_t)n) {
        const uint8_t *from = stored_pages_at(pages, at, &n);

        g_assert_cmpint((int64_t)n, >, 0);
        g_assert_cmpint((int64_t)n, <=, (int64_t)size - at);
        if (from)
            g_assert_true(memcmp(from, bytes + at, n) == 0);
        else
            g_assert_true(memfile_is_zero(bytes + at, n));
    }
    for (at = 0; (got = stored_pages_read(pages, at, piece,
                                          (size_t)g_rand_int_range(rand, 1, 100000), &found)) > 0;
         at = found + got) {
        g_assert_cmpint(found, >=, at);
        memcpy(copy + found, piece, (size_t)got);
    }
    g_assert_cmpint(got, ==, 0);
    g_assert_true(memcmp(copy, bytes, size) == 0);
}

/* --- at random --- */

typedef struct {
    GRand *rand;
    int fd;
    PageStore *store;
    GPtrArray *stored, *models; /* StoredPages, GBytes */
} World;

static void change(const World *w)
{
    gint32 size = (gint32)size_of(w->fd), at = g_rand_int_range(w->rand, 0, size);
    gint32 length = g_rand_int_range(w->rand, 1, g_rand_boolean(w->rand) ? 40 * PAGE : 20);
    g_autofree uint8_t *bytes = g_malloc0((gsize)length);

    length = MIN(length, size - at);
    switch (g_rand_int_range(w->rand, 0, 4)) {
    case 0:
        fallocate(w->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, length);
        return;
    case 1: /* zeros that have memory */
        break;
    default:
        for (gint32 i = 0; i < length; i++)
            bytes[i] = (uint8_t)g_rand_int(w->rand);
    }
    write_all(w->fd, bytes, (size_t)length, at);
}

static unsigned any(const World *w)
{
    return (unsigned)g_rand_int_range(w->rand, 0, (gint32)w->stored->len);
}

static void act(const World *w)
{
    const int what = g_rand_int_range(w->rand, 0, 10);
    unsigned i;

    if (what < 5) {
        change(w);
    } else if (what < 8) {
        g_ptr_array_add(w->stored, put(w->store, w->fd));
        g_ptr_array_add(w->models, contents(w->fd));
    } else if (w->stored->len > 0) {
        i = any(w);
        if (what == 8) {
            fill(w->stored->pdata[i], w->fd);
            assert_file(w->fd, w->models->pdata[i]);
        } else {
            g_ptr_array_remove_index(w->stored, i);
            g_ptr_array_remove_index(w->models, i);
        }
    }
}

/* The most that it could take if nothing were shared. */
static int64_t most(const World *w)
{
    int64_t pages = 0;

    for (unsigned i = 0; i < w->models->len; i++)
        pages += (int64_t)(g_bytes_get_size(w->models->pdata[i]) + PAGE - 1) / PAGE;
    return pages * PAGE + (int64_t)w->models->len * 4 * LEAF_SIZE;
}

static void free_stored(void *data)
{
    stored_pages_free(data);
}

static void go_wild(guint32 seed)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    fd_auto fd = memory(g_rand_int_range(rand, 1, 3 * LEAF));
    World w = {rand, fd, page_store_new(), g_ptr_array_new_with_free_func(free_stored),
               g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref)};

    g_test_message("SEED=%u", seed);
    for (unsigned i = 0; i < 60; i++)
        act(&w);
    for (unsigned i = 0; i < w.stored->len; i++) {
        assert_stored(w.stored->pdata[i], w.models->pdata[i], rand);
        g_assert_cmpint(stored_pages_own_bytes(w.stored->pdata[i]), <=, page_store_bytes(w.store));
    }
    g_assert_cmpint(page_store_bytes(w.store), <=, most(&w) + (int64_t)4096 * PAGE);
    g_assert_cmpint(really_held(), <=, page_store_bytes(w.store));
    g_ptr_array_unref(w.stored);
    g_assert_cmpint(page_store_bytes(w.store), ==, 0);
    g_assert_cmpint(really_held(), ==, 0);
    g_ptr_array_unref(w.models);
    page_store_unref(w.store);
}

static void test_random(void)
{
    const char *seed = g_getenv("SEED");
    guint32 first = seed ? (guint32)g_ascii_strtoull(seed, NULL, 10) : g_random_int();

    for (guint32 k = 0; k < (seed ? 1u : 25u); k++)
        go_wild(first + k);
}

/* --- what it takes --- */

static void fill_randomly(int fd, off_t size)
{
    g_autofree guint32 *bytes = g_malloc((gsize)size);

    for (off_t i = 0; i < size / 4; i++)
        bytes[i] = g_random_int() | 1;
    write_all(fd, bytes, (size_t)size, 0);
}

static void test_shared(void)
{
    fd_auto fd = memory(4 * LEAF);
    PageStore *store = page_store_new();
    StoredPages *first, *same, *changed;
    int64_t bytes;

    fill_randomly(fd, 2 * LEAF);
    first = put(store, fd);
    bytes = page_store_bytes(store);
    g_assert_cmpint(bytes, ==, 2 * LEAF + 2 * LEAF_SIZE);
    g_assert_cmpint(stored_pages_own_bytes(first), ==, bytes);
    same = put(store, fd);
    g_assert_cmpint(page_store_bytes(store), ==, bytes);
    g_assert_cmpint(stored_pages_own_bytes(same), ==, 0);
    write_all(fd, "x", 1, LEAF + 5 * PAGE);
    write_all(fd, "x", 1, 3 * LEAF);
    changed = put(store, fd);
    g_assert_cmpint(stored_pages_own_bytes(changed), ==, 2 * PAGE + 2 * LEAF_SIZE);
    g_assert_cmpint(page_store_bytes(store), ==, bytes + 2 * PAGE + 2 * LEAF_SIZE);
    stored_pages_free(changed); /* the file is compared with the one before from now on */
    changed = put(store, fd);
    g_assert_cmpint(stored_pages_own_bytes(changed), ==, 2 * PAGE + 2 * LEAF_SIZE);
    stored_pages_free(same);
    g_assert_cmpint(stored_pages_own_bytes(first), ==, PAGE + LEAF_SIZE);
    page_store_unref(store); /* its contents need no reference */
    stored_pages_free(first);
    stored_pages_free(changed);
    g_assert_cmpint(really_held(), ==, 0);
}

/* Contents that are filled in are what the file is compared with. */
static void test_filled(void)
{
    fd_auto fd = memory(LEAF);
    PageStore *store = page_store_new();
    StoredPages *first, *other, *again;

    fill_randomly(fd, LEAF);
    first = put(store, fd);
    fill_randomly(fd, LEAF);
    other = put(store, fd);
    fill(first, fd);
    again = put(store, fd);
    g_assert_cmpint(stored_pages_own_bytes(again), ==, 0);
    g_assert_cmpint(stored_pages_own_bytes(other), ==, LEAF + LEAF_SIZE);
    stored_pages_free(first);
    stored_pages_free(other);
    stored_pages_free(again);
    page_store_unref(store);
}

/* Only what differs is written, and zeros take no memory. */
static void test_fill(void)
{
    fd_auto fd = memory(4 * LEAF), other = memory(0), less = memory(17);
    PageStore *store = page_store_new();
    g_autoptr(GBytes) model = NULL;
    StoredPages *pages;

    write_all(fd, "abc", 3, 3 * LEAF - 1);
    model = contents(fd);
    pages = put(store, fd);
    fill(pages, other);
    assert_file(other, model);
    g_assert_cmpint(memory_of(other), ==, 2 * PAGE);
    fill_randomly(other, 2 * LEAF);
    fill(pages, other);
    assert_file(other, model);
    g_assert_cmpint(memory_of(other), ==, 2 * PAGE);
    write_all(less, "0123456789", 10, 5);
    fill(pages, less);
    assert_file(less, model);
    stored_pages_free(pages);
    page_store_unref(store);
}

/* A guest's RAM of which little is used. */
static void test_large_and_empty(void)
{
    fd_auto fd = memory((off_t)64 << 30), copy = memory(0);
    PageStore *store = page_store_new();
    StoredPages *pages;
    uint8_t byte = 0;

    write_all(fd, "x", 1, (off_t)63 << 30);
    pages = put(store, fd);
    g_assert_cmpint(page_store_bytes(store), ==, PAGE + LEAF_SIZE);
    fill(pages, copy);
    g_assert_cmpint(pread(copy, &byte, 1, (off_t)63 << 30), ==, 1);
    g_assert_cmpint(byte, ==, 'x');
    g_assert_cmpint(memory_of(copy), ==, PAGE);
    stored_pages_free(pages);
    page_store_unref(store);
}

/* Many are stored and freed, as a ring of checkpoints does: what is freed is used again. */
static void test_ring(void)
{
    fd_auto fd = memory(2 * LEAF);
    PageStore *store = page_store_new();
    StoredPages *ring[4] = {NULL};
    int64_t bytes = 0;

    fill_randomly(fd, 2 * LEAF);
    for (unsigned i = 0; i < 40; i++) {
        for (unsigned k = 0; k < 100; k++)
            write_all(fd, &i, sizeof(i), (off_t)((i * 7 + k) % 1024) * PAGE);
        stored_pages_free(ring[i % 4]);
        ring[i % 4] = put(store, fd);
        bytes = MAX(bytes, page_store_bytes(store));
    }
    g_assert_cmpint(bytes, <=, 2 * LEAF + 5 * (100 * PAGE + 2 * LEAF_SIZE));
    for (unsigned i = 0; i < 4; i++)
        stored_pages_free(ring[i]);
    page_store_unref(store);
}

/* --- no memory --- */

/* A limit for the size of files stands for a host without memory. */
static void limit(rlim_t bytes)
{
    struct rlimit l;

    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &l), ==, 0);
    l.rlim_cur = MIN(bytes, l.rlim_max);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &l), ==, 0);
}

static void test_full(void)
{
    fd_auto fd = memory(2 * LEAF), to = memory(2 * LEAF);
    PageStore *store = page_store_new();
    g_autoptr(GError) error = NULL, again = NULL;
    g_autoptr(GBytes) before = NULL, after = NULL;
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    StoredPages *first, *second;
    int64_t bytes;

    signal(SIGXFSZ, SIG_IGN);
    fill_randomly(fd, LEAF / 2);
    before = contents(fd);
    first = put(store, fd);
    bytes = page_store_bytes(store);
    fill_randomly(fd, 2 * LEAF);
    after = contents(fd);
    limit(LEAF);
    g_assert_null(page_store_put(store, fd, &error));
    g_assert_nonnull(error);
    g_assert_true(error->domain == G_FILE_ERROR);
    g_assert_false(stored_pages_fill(first, -1, &again));
    g_assert_nonnull(again);
    g_assert_cmpint(stored_pages_own_bytes(first), ==, bytes); /* nothing is left of it */
    assert_stored(first, before, rand);
    limit(RLIM_INFINITY);
    second = put(store, fd);
    assert_stored(first, before, rand);
    assert_stored(second, after, rand);
    fill(first, to);
    assert_file(to, before);
    stored_pages_free(first);
    stored_pages_free(second);
    page_store_unref(store);
}

static void test_no_descriptor(void)
{
    PageStore *store = page_store_new();
    g_autoptr(GError) error = NULL;

    g_assert_null(page_store_put(store, -1, &error));
    g_assert_nonnull(error);
    g_assert_cmpint(page_store_bytes(store), ==, 0);
    page_store_unref(store);
    page_store_unref(NULL);
    stored_pages_free(NULL);
}

/* --- files of pages --- */

/* A file of stored pages is the file of their contents. */
static void test_pages_file(void)
{
    static const off_t sizes[] = {0, 1, PAGE + 1, LEAF, LEAF + 17, 2 * LEAF};

    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
        fd_auto fd = memory(sizes[i]), a = memory(0), b = memory(0);
        PageStore *store = page_store_new();
        g_autofree char *direct = NULL, *stored = NULL;
        StoredPages *pages;

        for (off_t at = 0; at < sizes[i] - 10; at += g_random_int_range(1, 50 * PAGE))
            write_all(fd, "0123456789", 10, at);
        if (sizes[i] > LEAF)
            fill_randomly(fd, LEAF); /* a run that is longer than the longest */
        pages = put(store, fd);
        direct = pages_write(fd, a, NULL);
        stored = pages_write_stored(pages, b, NULL);
        g_assert_nonnull(direct);
        g_assert_cmpstr(direct, ==, stored);
        g_assert_cmpint(size_of(a), ==, size_of(b));
        stored_pages_free(pages);
        page_store_unref(store);
    }
}

static void test_pages_full(void)
{
    fd_auto fd = memory(PAGE), full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    PageStore *store = page_store_new();
    g_autoptr(GError) error = NULL;
    StoredPages *pages;

    write_all(fd, "abc", 3, 0);
    pages = put(store, fd);
    g_assert_null(pages_write_stored(pages, full, &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
    stored_pages_free(pages);
    page_store_unref(store);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/page-store/random", test_random);
    g_test_add_func("/page-store/shared", test_shared);
    g_test_add_func("/page-store/filled", test_filled);
    g_test_add_func("/page-store/fill", test_fill);
    g_test_add_func("/page-store/large-and-empty", test_large_and_empty);
    g_test_add_func("/page-store/ring", test_ring);
    g_test_add_func("/page-store/full", test_full);
    g_test_add_func("/page-store/no-descriptor", test_no_descriptor);
    g_test_add_func("/page-store/pages-file", test_pages_file);
    g_test_add_func("/page-store/pages-full", test_pages_full);
    return g_test_run();
}
