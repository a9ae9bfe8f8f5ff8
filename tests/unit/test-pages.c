/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-pages.c: files in memory, their copies, and their files of pages: what is read is what was
 * written, zeros and holes take no place, and damage of every kind is refused. SEED=N repeats one
 * of the random ones.
 */
#include "controller/save/pages.h"

#include "controller/base/fd.h"
#include "controller/base/sha.h"
#include "tests/lib/memory-file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PAGE  4096
#define MAGIC "metronome pages 1\n"

static void assert_same(int a, int b)
{
    off_t size = size_of(a);
    g_autofree uint8_t *x = g_malloc(1 << 16), *y = g_malloc(1 << 16);

    g_assert_cmpint(size, ==, size_of(b));
    for (off_t at = 0; at < size; at += 1 << 16) {
        ssize_t n = pread(a, x, 1 << 16, at);

        g_assert_cmpint(n, >, 0);
        g_assert_cmpint(pread(b, y, 1 << 16, at), ==, n);
        g_assert_cmpmem(x, (size_t)n, y, (size_t)n);
    }
}

static char *written(int from, int to)
{
    g_autoptr(GError) error = NULL;
    char *sha256 = pages_write(from, to, &error);

    g_assert_no_error(error);
    g_assert_nonnull(sha256);
    return sha256;
}

/* A file whose memory was used for something else. */
static int used_memory(void)
{
    g_autofree char *bytes = g_malloc(2 << 20);
    int fd = memory(0);

    memset(bytes, 'u', 2 << 20);
    write_all(fd, bytes, 2 << 20, 0);
    return fd;
}

/* Copied, written and read again, it is the same; no copy takes more memory than it has to. */
static void goes_round(int from)
{
    fd_auto copy = memory(0), pages = memory(0), back = memory(0), used = used_memory();
    g_autoptr(GError) error = NULL;
    g_autofree char *sha256 = written(from, pages), *again = NULL;
    fd_auto second = memory(0);

    g_assert_true(memfile_copy(from, copy, &error));
    assert_same(from, copy);
    g_assert_cmpint(blocks_of(copy), <=, blocks_of(from));
    g_assert_true(memfile_copy(from, used, &error));
    assert_same(from, used);
    g_assert_cmpint(blocks_of(used), <=, blocks_of(from));
    g_assert_true(pages_read(pages, back, sha256, &error));
    g_assert_no_error(error);
    assert_same(from, back);
    again = written(back, second);
    g_assert_cmpstr(sha256, ==, again); /* holes or zeros: the same pages */
    assert_same(pages, second);
}

static void test_shapes(void)
{
    static const off_t sizes[] = {0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE + 17, (1 << 20) + 1};

    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
        fd_auto fd = memory(0);
        g_autofree uint8_t *bytes = g_malloc((size_t)sizes[i] + 1);

        g_assert_cmpint(ftruncate(fd, sizes[i]), ==, 0);
        goes_round(fd); /* a hole */
        memset(bytes, 0, (size_t)sizes[i]);
        write_all(fd, bytes, (size_t)sizes[i], 0);
        goes_round(fd); /* zeros */
        memset(bytes, 7, (size_t)sizes[i]);
        write_all(fd, bytes, (size_t)sizes[i], 0);
        goes_round(fd);
        if (sizes[i] > 0) {
            memset(bytes, 0, (size_t)sizes[i]);
            bytes[sizes[i] - 1] = 1;
            write_all(fd, bytes, (size_t)sizes[i], 0);
            goes_round(fd); /* the last byte alone */
        }
    }
}

static void test_random(void)
{
    const char *seed = g_getenv("SEED");
    guint32 first = seed ? (guint32)g_ascii_strtoull(seed, NULL, 10) : g_random_int();

    for (guint32 k = 0; k < (seed ? 1u : 30u); k++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(first + k);
        fd_auto fd = memory(0);
        off_t size = g_rand_int_range(rand, 1, 4 << 20);

        g_test_message("SEED=%u", first + k);
        g_assert_cmpint(ftruncate(fd, size), ==, 0);
        for (int i = g_rand_int_range(rand, 0, 60); i > 0; i--) {
            off_t at = g_rand_int_range(rand, 0, (gint32)size);
            size_t length = (size_t)g_rand_int_range(rand, 1, 3 * PAGE);
            uint8_t bytes[3 * PAGE];

            memset(bytes, g_rand_int_range(rand, 0, 3), sizeof(bytes));
            write_all(fd, bytes, MIN(length, (size_t)(size - at)), at);
        }
        goes_round(fd);
    }
}

/* A guest's RAM of which little is used. */
static void test_large_and_empty(void)
{
    fd_auto fd = memory(0), pages = memory(0), copy = memory(0);
    g_autofree char *sha256 = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(ftruncate(fd, (off_t)64 << 30), ==, 0);
    write_all(fd, "x", 1, (off_t)63 << 30);
    sha256 = written(fd, pages);
    g_assert_nonnull(sha256);
    g_assert_cmpint(size_of(pages), <, 3 * PAGE);
    g_assert_true(memfile_copy(fd, copy, &error));
    g_assert_cmpint(blocks_of(copy), <=, blocks_of(fd));
}

static void test_sealed(void)
{
    fd_auto fd = memory(0), copy = memory(0);
    g_autoptr(GError) error = NULL;

    write_all(fd, "abc", 3, 0);
    g_assert_true(memfile_seal(fd, &error));
    g_assert_cmpint(pwrite(fd, "d", 1, 0), ==, -1);
    g_assert_cmpint(ftruncate(fd, 100), ==, -1);
    g_assert_true(memfile_copy(fd, copy, &error));
    assert_same(fd, copy);
    g_assert_false(memfile_copy(copy, fd, &error));
    g_assert_nonnull(error);
}

/* Reads on from hole to hole; a read ends at a hole. */
static void test_read(void)
{
    fd_auto fd = memory(0);
    g_autoptr(GError) error = NULL;
    char bytes[3 * PAGE];
    int64_t at;

    g_assert_cmpint(ftruncate(fd, 100 * PAGE), ==, 0);
    write_all(fd, "abc", 3, 10 * PAGE);
    write_all(fd, "xyz", 3, 50 * PAGE);
    g_assert_cmpint(memfile_read(fd, 0, bytes, sizeof(bytes), &at, &error), ==, PAGE);
    g_assert_cmpint(at, ==, 10 * PAGE);
    g_assert_cmpint(memcmp(bytes, "abc", 4), ==, 0);
    g_assert_cmpint(memfile_read(fd, at + 1, bytes, 2, &at, &error), ==, 2);
    g_assert_cmpint(memcmp(bytes, "bc", 2), ==, 0);
    g_assert_cmpint(memfile_read(fd, 11 * PAGE, bytes, sizeof(bytes), &at, &error), ==, PAGE);
    g_assert_cmpint(at, ==, 50 * PAGE);
    g_assert_cmpint(memcmp(bytes, "xyz", 4), ==, 0);
    g_assert_cmpint(memfile_read(fd, 51 * PAGE, bytes, sizeof(bytes), &at, &error), ==, 0);
    g_assert_no_error(error);
    g_assert_cmpint(memfile_read(-1, 0, bytes, sizeof(bytes), &at, &error), ==, -1);
    g_assert_nonnull(error);
}

static void test_bad_descriptors(void)
{
    fd_auto fd = memory(0);
    g_autoptr(GError) a = NULL, b = NULL, c = NULL, d = NULL;

    g_assert_false(memfile_copy(-1, fd, &a));
    g_assert_nonnull(a);
    g_assert_null(pages_write(-1, fd, &b));
    g_assert_nonnull(b);
    g_assert_false(pages_read(-1, fd, "", &c));
    g_assert_nonnull(c);
    g_assert_cmpint(memfile_new("test", -1, &d), ==, -1);
    g_assert_nonnull(d);
}

/* A file that takes no more bytes is an error, and no shorter file. */
static void test_full(void)
{
    fd_auto fd = memory(0), full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    g_autoptr(GError) error = NULL;

    write_all(fd, "abc", 3, 0);
    g_assert_null(pages_write(fd, full, &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
}

/* --- damage --- */

static char *digest(const GByteArray *bytes)
{
    Sha sha;

    sha_init(&sha);
    sha_add(&sha, bytes->data, bytes->len);
    return sha_hex(&sha);
}

static void add_number(GByteArray *bytes, uint64_t n)
{
    n = GUINT64_TO_LE(n);
    g_byte_array_append(bytes, (const guint8 *)&n, sizeof(n));
}

static void add_text(GByteArray *bytes, const char *text)
{
    g_byte_array_append(bytes, (const guint8 *)text, (guint)strlen(text));
}

static bool reads(const GByteArray *bytes, const char *sha256, const char *why)
{
    fd_auto fd = memory(0), to = memory(0);
    g_autofree char *own = digest(bytes);
    g_autoptr(GError) error = NULL;
    bool ok;

    write_all(fd, bytes->data, bytes->len, 0);
    ok = pages_read(fd, to, sha256 ? sha256 : own, &error);
    g_assert_true(ok == !error);
    if (why) {
        g_assert_nonnull(error);
        g_assert_nonnull(strstr(error->message, why));
    }
    return ok;
}

/* With the digest of what it is: only its own words are wrong. */
static void test_lies(void)
{
    static const struct {
        uint64_t size, place, length;
        const char *data, *why;
    } lies[] = {
        {10, 0, 3, "abc", NULL},
        {10, 7, 3, "abc", NULL},
        {10, 8, 3, "abc", "longer"},
        {10, 11, 0, "", "longer"},
        {10, 0, 4, "abc", "longer"},
        {10, 0, 11, "abcdefghijk", "longer"},
        {10, UINT64_MAX, 3, "abc", "longer"},
        {10, 0, UINT64_MAX, "abc", "longer"},
        {10, UINT64_MAX - 1, 2, "ab", "longer"},
        {10, 0, 3, "abcd", "middle"},
        {UINT64_MAX, 0, 3, "abc", "no memory"},
        {(uint64_t)INT64_MAX + 1, 0, 3, "abc", "no memory"},
        {INT64_MAX, (uint64_t)INT64_MAX - 3, 3, "abc", NULL},
        {0, 0, 0, "", NULL},
        {0, 0, 1, "a", "longer"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(lies); i++) {
        g_autoptr(GByteArray) bytes = g_byte_array_new();

        add_text(bytes, MAGIC);
        add_number(bytes, lies[i].size);
        add_number(bytes, lies[i].place);
        add_number(bytes, lies[i].length);
        add_text(bytes, lies[i].data);
        if (lies[i].size != INT64_MAX) /* what the kernel allows differs */
            g_assert_cmpint(reads(bytes, NULL, lies[i].why), ==, !lies[i].why);
        else
            reads(bytes, NULL, NULL);
    }
}

/* Each byte that is changed, and each length that it is cut to. */
static void test_each_byte(void)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autofree char *sha256 = NULL;

    add_text(bytes, MAGIC);
    add_number(bytes, 10);
    add_number(bytes, 2);
    add_number(bytes, 3);
    add_text(bytes, "abc");
    sha256 = digest(bytes);
    g_assert_true(reads(bytes, sha256, NULL));
    for (unsigned i = 0; i < bytes->len; i++) {
        bytes->data[i] ^= 1;
        g_assert_false(reads(bytes, sha256, "SHA-256"));
        reads(bytes, NULL, NULL); /* no crash */
        bytes->data[i] ^= 1;
    }
    while (bytes->len > 0) {
        g_byte_array_set_size(bytes, bytes->len - 1);
        g_assert_false(reads(bytes, sha256, "SHA-256"));
        g_assert_cmpint(reads(bytes, NULL, NULL), ==, bytes->len == strlen(MAGIC) + 8);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pages/shapes", test_shapes);
    g_test_add_func("/pages/random", test_random);
    g_test_add_func("/pages/large-and-empty", test_large_and_empty);
    g_test_add_func("/pages/bad-descriptors", test_bad_descriptors);
    g_test_add_func("/pages/full", test_full);
    g_test_add_func("/pages/lies", test_lies);
    g_test_add_func("/pages/each-byte", test_each_byte);
    g_test_add_func("/memfile/sealed", test_sealed);
    g_test_add_func("/memfile/read", test_read);
    return g_test_run();
}
