/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-remote-files.c: files that are kept under the SHA-256 of what is in them: nothing else is
 * ever taken for one, and no text of the other side leads out of the folder.
 */
#include "controller/qemu/options.h"
#include "controller/remote/files.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

/* sha256sum says so. */
#define ABC_SHA256   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

typedef struct {
    char *dir, *cache, *other;
} Place;

static void place_begin(Place *p)
{
    GError *error = NULL;

    p->dir = g_dir_make_tmp("test-files-XXXXXX", &error);
    g_assert_no_error(error);
    p->cache = g_build_filename(p->dir, "deep", "cache", NULL); /* made when it is needed */
    p->other = g_build_filename(p->dir, "other", NULL);
}

static void remove_all(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *below = g_build_filename(path, name, NULL);

        if (g_file_test(below, G_FILE_TEST_IS_DIR) && !g_file_test(below, G_FILE_TEST_IS_SYMLINK))
            remove_all(below);
        else
            unlink(below);
    }
    rmdir(path);
}

static void place_end(Place *p)
{
    remove_all(p->dir);
    g_free(p->dir);
    g_free(p->cache);
    g_free(p->other);
}

static void write_file(const char *path, const char *text, gssize size)
{
    g_autofree char *folder = g_path_get_dirname(path);
    GError *error = NULL;

    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    g_file_set_contents(path, text, size, &error);
    g_assert_no_error(error);
}

static char *cached(const Place *p, const char *sha256)
{
    return g_build_filename(p->cache, sha256, NULL);
}

/* What is asked for is found at `expected`. */
static void expect_here(const Place *p, const char *sha256, uint64_t size, const char *sender_path,
                        const char *expected)
{
    g_autoptr(GError) error = NULL;
    bool exists = false;
    g_autofree char *path = files_find(p->cache, sha256, size, sender_path, &exists, &error);

    g_assert_no_error(error);
    g_assert_true(exists);
    g_assert_cmpstr(path, ==, expected);
}

/* It is not: it is to be written into the cache, which has nothing of that name. */
static void expect_wanted(const Place *p, const char *sha256, uint64_t size,
                          const char *sender_path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *expected = cached(p, sha256);
    bool exists = true;
    g_autofree char *path = files_find(p->cache, sha256, size, sender_path, &exists, &error);
    struct stat st;

    g_assert_no_error(error);
    g_assert_false(exists);
    g_assert_cmpstr(path, ==, expected);
    g_assert_cmpint(lstat(path, &st), ==, -1);
    g_assert_true(g_file_test(p->cache, G_FILE_TEST_IS_DIR));
}

/* --- sums --- */

static void check_sum(const char *text, gsize size, const char *sha256)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *sum = NULL;
    uint64_t found = 99;
    Place p;

    place_begin(&p);
    write_file(p.other, text, (gssize)size);
    sum = files_sha256(p.other, &found, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(sum, ==, sha256);
    g_assert_cmpuint(found, ==, size);
    place_end(&p);
}

static void test_sum(void)
{
    check_sum("abc", 3, ABC_SHA256);
    check_sum("", 0, EMPTY_SHA256);
}

/* More than is read at once, and no multiple of it. */
static void test_sum_large(void)
{
    static const gsize sizes[] = {(1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5000001};

    for (unsigned i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *text = g_malloc(sizes[i]);
        g_autofree char *sum = NULL;

        for (gsize j = 0; j < sizes[i]; j++)
            text[j] = (char)(j * 31 + j / 1000);
        sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guchar *)text, sizes[i]);
        check_sum(text, sizes[i], sum);
    }
}

static void check_unreadable(const char *path, const char *reason)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *message = g_strdup_printf("can't read '%s': %s", path, reason);
    uint64_t size;

    g_assert_null(files_sha256(path, &size, NULL, NULL, &error));
    g_assert_error(error, NODE_ERROR, NODE_ERROR_OPTION);
    g_assert_cmpstr(error->message, ==, message);
}

static void test_sum_fails(void)
{
    Place p;

    place_begin(&p);
    check_unreadable(p.other, "No such file or directory");
    check_unreadable(p.dir, "Is a directory");
    place_end(&p);
}

typedef struct {
    uint64_t enough, done, size;
    unsigned calls;
} Watch;

static bool on_progress(uint64_t done, uint64_t size, void *data)
{
    Watch *w = data;

    g_assert_cmpuint(done, >, w->done);
    w->done = done;
    w->size = size;
    w->calls++;
    return done < w->enough;
}

static void check_progress(uint64_t enough, unsigned calls, const char *message)
{
    g_autofree char *text = g_malloc0(5 << 20), *sum = NULL, *expected = NULL;
    g_autoptr(GError) error = NULL;
    Watch w = {.enough = enough};
    uint64_t size;
    Place p;

    place_begin(&p);
    write_file(p.other, text, 5 << 20);
    sum = files_sha256(p.other, &size, on_progress, &w, &error);
    g_assert_cmpuint(w.calls, ==, calls);
    g_assert_cmpuint(w.size, ==, 5 << 20);
    if (message) {
        expected = g_strdup_printf("'%s': %s", p.other, message);
        g_assert_null(sum);
        g_assert_error(error, NODE_ERROR, NODE_ERROR_INTERRUPTED);
        g_assert_cmpstr(error->message, ==, expected);
    } else {
        g_assert_no_error(error);
        g_assert_nonnull(sum);
        g_assert_cmpuint(w.done, ==, 5 << 20);
    }
    place_end(&p);
}

/* Whoever watches may end it, at each piece. */
static void test_sum_interrupted(void)
{
    check_progress(G_MAXUINT64, 5, NULL);
    check_progress(0, 1, "interrupted while it was read");
    check_progress(3 << 20, 3, "interrupted while it was read");
}

/* --- looking --- */

/* Asked for, written, found. */
static void test_first_time(void)
{
    g_autofree char *path = NULL;
    struct stat st;
    Place p;

    place_begin(&p);
    path = cached(&p, ABC_SHA256);
    expect_wanted(&p, ABC_SHA256, 3, NULL);
    g_assert_cmpint(stat(p.cache, &st), ==, 0);
    g_assert_cmpint(st.st_mode & 0777, ==, 0700);
    write_file(path, "abc", 3);
    expect_here(&p, ABC_SHA256, 3, NULL, path);
    expect_here(&p, ABC_SHA256, 3, p.other, path); /* not there, but here */
    expect_wanted(&p, EMPTY_SHA256, 0, NULL);
    g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS)); /* the others stay */
    place_end(&p);
}

static void check_wrong_content(const char *text)
{
    g_autofree char *path = NULL;
    Place p;

    place_begin(&p);
    path = cached(&p, ABC_SHA256);
    write_file(path, text, -1);
    expect_wanted(&p, ABC_SHA256, 3, NULL);
    place_end(&p);
}

/* Somebody wrote to it, or it was not written to its end. */
static void test_wrong_content(void)
{
    check_wrong_content("abd");
    check_wrong_content("ab");
    check_wrong_content("abcd");
    check_wrong_content("");
}

/* The size is a part of what is asked for. */
static void test_wrong_size(void)
{
    g_autofree char *path = NULL;
    Place p;

    place_begin(&p);
    path = cached(&p, ABC_SHA256);
    write_file(path, "abc", 3);
    expect_wanted(&p, ABC_SHA256, 4, NULL);
    place_end(&p);
}

static void test_dangling_link(void)
{
    g_autofree char *path = NULL;
    Place p;

    place_begin(&p);
    path = cached(&p, ABC_SHA256);
    write_file(path, "", 0);
    unlink(path);
    g_assert_cmpint(symlink(p.other, path), ==, 0);
    expect_wanted(&p, ABC_SHA256, 3, NULL); /* whoever writes there would write elsewhere */
    place_end(&p);
}

/* --- where the other side says it may be --- */

static void test_there(void)
{
    Place p;

    place_begin(&p);
    write_file(p.other, "abc", 3);
    expect_here(&p, ABC_SHA256, 3, p.other, p.other);
    g_assert_false(g_file_test(p.cache, G_FILE_TEST_EXISTS)); /* there was no need of it */
    place_end(&p);
}

/* Another file of the same name: left alone, and not used. */
static void test_there_differs(void)
{
    static const char *const texts[] = {"abd", "ab", "abcd", ""};

    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *path = NULL, *text = NULL;
        Place p;

        place_begin(&p);
        path = cached(&p, ABC_SHA256);
        write_file(p.other, texts[i], -1);
        expect_wanted(&p, ABC_SHA256, 3, p.other);
        write_file(path, "abc", 3);
        expect_here(&p, ABC_SHA256, 3, p.other, path);
        g_assert_true(g_file_get_contents(p.other, &text, NULL, NULL));
        g_assert_cmpstr(text, ==, texts[i]);
        place_end(&p);
    }
}

/* A FIFO would be waited for for ever. */
static void test_there_is_no_file(void)
{
    Place p;

    place_begin(&p);
    expect_wanted(&p, EMPTY_SHA256, 0, "");
    expect_wanted(&p, EMPTY_SHA256, 0, p.other);
    expect_wanted(&p, EMPTY_SHA256, 0, p.dir);
    expect_wanted(&p, EMPTY_SHA256, 0, "/dev/null");
    g_assert_cmpint(mkfifo(p.other, 0600), ==, 0);
    expect_wanted(&p, EMPTY_SHA256, 0, p.other);
    place_end(&p);
}

/* --- what copies have left --- */

static char *make_part(const Place *p, const char *name, time_t age)
{
    char *path = g_build_filename(p->cache, name, NULL);
    time_t at = time(NULL) - age;

    write_file(path, "ab", 2);
    g_assert_cmpint(g_utime(path, &(struct utimbuf){at, at}), ==, 0);
    return path;
}

/* Asked for what is not there, the cache loses what nobody writes to any more, and no more. */
static void check_part(const char *name, time_t age, bool stays)
{
    g_autofree char *part = NULL;
    Place p;

    place_begin(&p);
    part = make_part(&p, name, age);
    expect_wanted(&p, ABC_SHA256, 3, NULL);
    g_assert_true(g_file_test(part, G_FILE_TEST_EXISTS) == stays);
    place_end(&p);
}

static void test_parts(void)
{
    check_part(ABC_SHA256 ".0123abcd", 0, true);
    check_part(ABC_SHA256 ".0123abcd", 540, true);
    check_part(ABC_SHA256 ".0123abcd", 660, false);
    check_part(ABC_SHA256 ".0123abcd", -3600, true); /* a clock was set */
    check_part(EMPTY_SHA256 ".0123abcd", 660, false);
    check_part(EMPTY_SHA256, 1000000, true); /* whole, however old */
    check_part("other.0123abcd", 1000000, true);
    check_part("." ABC_SHA256, 1000000, true);
}

/* What is there is found without a look at the rest. */
static void test_parts_found(void)
{
    g_autofree char *part = NULL, *path = NULL;
    Place p;

    place_begin(&p);
    path = cached(&p, ABC_SHA256);
    write_file(path, "abc", 3);
    part = make_part(&p, EMPTY_SHA256 ".0123abcd", 660);
    expect_here(&p, ABC_SHA256, 3, NULL, path);
    g_assert_true(g_file_test(part, G_FILE_TEST_EXISTS));
    place_end(&p);
}

/* --- errors --- */

static void check_refused(const char *sha256)
{
    g_autofree char *victim = NULL, *message = g_strdup_printf("'%s' is no SHA-256", sha256);
    g_autoptr(GError) error = NULL;
    bool exists;
    Place p;

    place_begin(&p);
    write_file(p.other, "victim", 6); /* what ../../other leads to */
    g_assert_cmpint(g_mkdir_with_parents(p.cache, 0700), ==, 0);
    g_assert_null(files_find(p.cache, sha256, 3, p.other, &exists, &error));
    g_assert_error(error, NODE_ERROR, NODE_ERROR_OPTION);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_true(g_file_get_contents(p.other, &victim, NULL, NULL));
    g_assert_cmpstr(victim, ==, "victim");
    place_end(&p);
}

static void test_no_sha256(void)
{
    g_autofree char *slashes = g_strnfill(64, '/'), *dots = g_strnfill(64, '.');
    /* 64 characters that lead to `other`. */
    g_autofree char *longer =
        g_strconcat("../../", "./././././././././././././././././././././././././", "/other", NULL);

    g_assert_cmpuint(strlen(longer), <=, 64);
    check_refused("");
    check_refused("abc");
    check_refused("../../other");
    check_refused(longer);
    check_refused(slashes);
    check_refused(dots);
    check_refused(ABC_SHA256 "0");
    check_refused(ABC_SHA256 "/../../../other");
    check_refused("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
    check_refused("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a");
    check_refused("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ag");
    check_refused("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015\xc3\xa4");
}

static void test_no_folder(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *below = NULL;
    bool exists;
    Place p;

    place_begin(&p);
    write_file(p.other, "a file", -1);
    below = g_build_filename(p.other, "cache", NULL);
    g_assert_null(files_find(below, ABC_SHA256, 3, NULL, &exists, &error));
    g_assert_error(error, NODE_ERROR, NODE_ERROR_SYSTEM);
    g_assert_nonnull(strstr(error->message, below));
    place_end(&p);
}

static void test_cache_place(void)
{
    g_autofree char *path = files_cache();

    g_assert_true(g_str_has_prefix(path, g_get_user_cache_dir()));
    g_assert_true(g_str_has_suffix(path, "/metronome/files"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/remote/files/sum", test_sum);
    g_test_add_func("/remote/files/sum/large", test_sum_large);
    g_test_add_func("/remote/files/sum/fails", test_sum_fails);
    g_test_add_func("/remote/files/sum/interrupted", test_sum_interrupted);
    g_test_add_func("/remote/files/first-time", test_first_time);
    g_test_add_func("/remote/files/wrong-content", test_wrong_content);
    g_test_add_func("/remote/files/wrong-size", test_wrong_size);
    g_test_add_func("/remote/files/dangling-link", test_dangling_link);
    g_test_add_func("/remote/files/there", test_there);
    g_test_add_func("/remote/files/there/differs", test_there_differs);
    g_test_add_func("/remote/files/there/no-file", test_there_is_no_file);
    g_test_add_func("/remote/files/parts", test_parts);
    g_test_add_func("/remote/files/parts/found", test_parts_found);
    g_test_add_func("/remote/files/no-sha256", test_no_sha256);
    g_test_add_func("/remote/files/no-folder", test_no_folder);
    g_test_add_func("/remote/files/cache-place", test_cache_place);
    return g_test_run();
}
