/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-console-state.c: a console that is saved and read over another one, or over itself later on,
 * goes on as the first: same lines, matches, digest, log and transcript. SEED=N repeats one of the
 * random ones.
 */
#include "controller/qemu/console-state.h"

#include "controller/base/fd.h"
#include "controller/base/output.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    char *dir, *log, *path; /* folder, log, transcript */
    Console *console;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
    (void)data;
    f->dir = g_dir_make_tmp("test-console-state-XXXXXX", NULL);
    f->log = g_build_filename(f->dir, "console.log", NULL);
    f->path = g_build_filename(f->dir, "transcript", NULL);
    f->console = console_new(-1, f->log, NULL);
    g_assert_nonnull(f->console);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    (void)data;
    console_free(f->console);
    g_unlink(f->log);
    g_unlink(f->path);
    g_rmdir(f->dir);
    g_free(f->log);
    g_free(f->path);
    g_free(f->dir);
}

static void prints(Fixture *f, const char *text, int64_t ms)
{
    console_feed(f->console, text, strlen(text), vtime(ms * NS_PER_MS));
}

static GByteArray *save(const Fixture *f)
{
    GByteArray *out = g_byte_array_new();

    console_save(f->console, out);
    return out;
}

static void load(Fixture *f, const GByteArray *saved, int64_t ms)
{
    g_autoptr(GError) error = NULL;
    Reader r = reader_of(saved);

    console_load(f->console, &r, vtime(ms * NS_PER_MS), &error);
    g_assert_no_error(error);
    g_assert_null(reader_problem(&r));
}

static void file_is(const char *path, const char *expected)
{
    g_autofree char *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, expected);
}

/* --- futures --- */

static unsigned any(GRand *rand, unsigned n)
{
    return (unsigned)g_rand_int_range(rand, 0, (gint32)n);
}

/* What guests print: lines, prompts, progress, escape sequences cut anywhere, bytes of any kind. */
static void print_some(Fixture *f, GRand *rand, int64_t ms)
{
    static const char *const words[] = {
        "hello ",  "tick ", "\r\n",    "\n", "\r", "\033[1;3", "2mred",  "\033[0", "m ",
        "\033]0;", "t\a",   "login: ", "42", "\t", "\xff\x80", "\r\r\n", "100%",   "\n\n"};
    g_autoptr(GString) out = g_string_new(NULL);

    for (unsigned i = any(rand, 30); i > 0; i--)
        g_string_append(out, words[any(rand, G_N_ELEMENTS(words))]);
    if (any(rand, 30) == 0)
        for (unsigned i = any(rand, 70000); i > 0; i--)
            g_string_append_c(out, (char)('a' + i % 26));
    if (any(rand, 300) == 0) /* more than nobody waits for is kept of */
        for (unsigned i = any(rand, 300000); i > 0; i--)
            g_string_append(out, i % 20 ? "xyz " : "x\n");
    console_feed(f->console, out->str, out->len, vtime(ms * NS_PER_MS));
}

static void note_found(const LinesFound *found, GString *log)
{
    if (found->line)
        g_string_append_printf(log, "%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", found->line,
                               found->time.ns, found->until.ns);
}

/* Prints, and in between waits for something; the watch stays. */
static char *drive(Fixture *f, LinesWatch *watch, GRand *rand, int64_t ms, unsigned steps)
{
    g_autoptr(GRegex) pattern = pattern_new("(hello .*42|login: $)", NULL);
    Lines *lines = console_lines(f->console);
    GString *log = g_string_new(NULL);

    for (unsigned i = 0; i < steps; i++, ms++) {
        print_some(f, rand, ms);
        note_found(lines_watch_found(watch), log);
        if (any(rand, 2))
            lines_watch_again(watch);
        if (any(rand, 4) == 0) {
            lines_await(lines, pattern);
            note_found(lines_found(lines), log);
            lines_await(lines, NULL);
        }
    }
    lines_watch_again(watch);
    return g_string_free(log, FALSE);
}

static void check_same(const Fixture *a, const Fixture *b)
{
    g_autoptr(GByteArray) x = save(a), y = save(b);
    g_autofree char *sha = console_sha256(a->console), *same = console_sha256(b->console);
    g_autofree char *log = NULL, *copy = NULL;
    const Recent *lines = console_recent(a->console), *twins = console_recent(b->console);
    gsize size, length;

    g_assert_cmpmem(x->data, x->len, y->data, y->len);
    g_assert_cmpstr(sha, ==, same);
    g_assert_cmpuint(console_bytes(a->console), ==, console_bytes(b->console));
    g_assert_true(g_file_get_contents(a->log, &log, &size, NULL));
    g_assert_true(g_file_get_contents(b->log, &copy, &length, NULL));
    g_assert_cmpmem(log, size, copy, length);
    g_assert_cmpuint(size, ==, console_bytes(a->console));
    g_assert_cmpuint(recent_count(lines), ==, recent_count(twins));
    g_assert_cmpuint(recent_left_out(lines), ==, recent_left_out(twins));
    for (unsigned i = 0; i < recent_count(lines); i++) {
        RecentLine p = recent_line(lines, i), q = recent_line(twins, i);

        g_assert_cmpmem(p.text, p.size, q.text, q.size);
        g_assert_cmpint(p.at.ns, ==, q.at.ns);
        g_assert_cmpuint(p.cut, ==, q.cut);
    }
}

static void one_seed(guint32 seed)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed), same = NULL;
    g_autoptr(GRegex) pattern = pattern_new("hello .*tick|red", NULL);
    g_autoptr(GByteArray) saved = NULL, watched = g_byte_array_new();
    g_autofree char *log = NULL, *twin = NULL;
    LinesWatch *watch, *watch_of_b;
    Fixture a, b;
    Reader r;

    set_up(&a, NULL);
    set_up(&b, NULL);
    watch = lines_watch(console_lines(a.console), pattern);
    watch_of_b = lines_watch(console_lines(b.console), pattern);
    g_free(drive(&a, watch, rand, 0, any(rand, 200)));
    g_free(drive(&b, watch_of_b, rand, 0, any(rand, 50)));
    saved = save(&a);
    lines_watch_save(watch, watched);
    load(&b, saved, 1000);
    r = reader_of(watched);
    lines_watch_load(console_lines(b.console), watch_of_b, &r);
    g_assert_null(reader_problem(&r));
    check_same(&a, &b);
    same = g_rand_copy(rand);
    log = drive(&a, watch, rand, 1000, 100);
    twin = drive(&b, watch_of_b, same, 1000, 100);
    g_assert_cmpstr(log, ==, twin);
    check_same(&a, &b);
    tear_down(&a, NULL);
    tear_down(&b, NULL);
}

static void test_futures(void)
{
    const char *only = g_getenv("SEED");

    for (guint32 i = 0; i < (only ? 1 : 40); i++) {
        guint32 seed = only ? (guint32)strtoul(only, NULL, 10) : i * 7919 + 1;

        g_test_message("SEED=%u", seed);
        one_seed(seed);
    }
}

/* --- log and transcript --- */

/* In the same session the console goes back: what came since then is gone, also from the files. */
static void test_back(Fixture *f, gconstpointer data)
{
    g_autoptr(GByteArray) saved = NULL, again = NULL;
    VTime time;

    (void)data;
    g_assert_true(console_transcript(f->console, f->path, NULL));
    prints(f, "one\ntw", 1);
    saved = save(f);
    prints(f, "ice\nthree\nfour", 2);
    file_is(f->path, "[0.001000000s] one\n[0.001000000s] twice\n[0.002000000s] three\n");
    load(f, saved, 1);
    again = save(f);
    g_assert_cmpmem(saved->data, saved->len, again->data, again->len);
    file_is(f->log, "one\ntw");
    file_is(f->path, "[0.001000000s] one\n");
    g_assert_true(console_open_line(f->console, &time));
    prints(f, "o\n", 3);
    file_is(f->log, "one\ntwo\n");
    file_is(f->path, "[0.001000000s] one\n[0.001000000s] two\n");
}

/* In another session there is the file that the first one has left, or none. */
static void test_another_session(Fixture *f, gconstpointer data)
{
    g_autoptr(GByteArray) saved = NULL;

    (void)data;
    g_assert_true(console_transcript(f->console, f->path, NULL));
    prints(f, "one\n", 1);
    saved = save(f);
    prints(f, "lost\n", 2);
    for (unsigned i = 0; i < 2; i++) {
        console_free(f->console);
        f->console = console_new(-1, f->log, NULL);
        if (i == 1)
            g_unlink(f->path);
        load(f, saved, 5);
        prints(f, "two\n", 6);
        file_is(f->log, "one\ntwo\n");
        file_is(f->path,
                i == 0 ? "[0.001000000s] one\n[0.006000000s] two\n"
                       : "[0.005000000s] (metronome: this transcript begins where the ensemble was "
                         "restored)\n[0.006000000s] two\n");
    }
}

/* A transcript that somebody has changed is not cut; it says that time went back. */
static void test_changed(Fixture *f, gconstpointer data)
{
    g_autoptr(GByteArray) saved = NULL;

    (void)data;
    g_assert_true(console_transcript(f->console, f->path, NULL));
    prints(f, "one\n", 1);
    saved = save(f);
    prints(f, "two\n", 2);
    g_assert_true(g_file_set_contents_full(f->path, "[0.001000000s] 1!!\n[0.002000000s] two\n", -1,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    load(f, saved, 1);
    prints(f, "other\n", 2);
    file_is(f->path, "[0.001000000s] 1!!\n[0.002000000s] two\n[0.001000000s] (metronome: the "
                     "ensemble was restored to this time)\n[0.002000000s] other\n");
}

/* Without a transcript then there is none afterwards; the one that there is stays as it is. */
static void test_no_transcript(Fixture *f, gconstpointer data)
{
    g_autoptr(GByteArray) saved = NULL;

    (void)data;
    saved = save(f);
    g_assert_true(console_transcript(f->console, f->path, NULL));
    prints(f, "one\n", 1);
    load(f, saved, 0);
    prints(f, "two\n", 2);
    file_is(f->path, "[0.001000000s] one\n");
    file_is(f->log, "two\n");
}

/* A transcript that can't be written any more is lost output, and nothing else. */
static void test_no_folder(Fixture *f, gconstpointer data)
{
    g_autofree char *folder = g_build_filename(f->dir, "sub", NULL);
    g_autofree char *path = g_build_filename(folder, "transcript", NULL);
    g_autoptr(GByteArray) saved = NULL;

    (void)data;
    g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
    g_assert_true(console_transcript(f->console, path, NULL));
    prints(f, "one\n", 1);
    saved = save(f);
    g_assert_true(console_transcript(f->console, NULL, NULL));
    g_unlink(path);
    g_rmdir(folder);
    g_assert_null(output_loss());
    load(f, saved, 1);
    g_assert_nonnull(output_loss());
    g_assert_nonnull(strstr(output_loss(), "the transcript of its console does not go on"));
    file_is(f->log, "one\n");
}

/* --- refused --- */

static void test_damaged(Fixture *f, gconstpointer data)
{
    g_autoptr(GByteArray) saved = NULL, before = NULL;

    (void)data;
    prints(f, "one\ntwo\nthr", 1);
    saved = save(f);
    prints(f, "ee\nfour", 2);
    before = save(f);
    for (guint size = 0; size < saved->len; size++) {
        g_autoptr(GByteArray) after = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree uint8_t *cut = g_memdup2(saved->data, MAX(size, 1));
        Reader r = {cut, cut + size, false};

        g_assert_false(console_load(f->console, &r, vtime(0), &error));
        g_assert_nonnull(error);
        after = save(f);
        g_assert_cmpmem(before->data, before->len, after->data, after->len);
    }
    file_is(f->log, "one\ntwo\nthree\nfour");
}

/* A log that is not the one of the digest is none. */
static void test_wrong_log(Fixture *f, gconstpointer data)
{
    g_autoptr(GByteArray) saved = NULL;
    g_autoptr(GError) error = NULL;
    Fixture other;
    Reader r;

    (void)data;
    for (unsigned i = 0; i < 64; i++) /* a whole block: the digest keeps none of the bytes */
        prints(f, "W", 1);
    saved = save(f);
    for (guint i = 0; i + 3 <= saved->len; i++)
        if (memcmp(saved->data + i, "WWW", 3) == 0)
            saved->data[i]--;
    set_up(&other, NULL);
    prints(&other, "other", 1);
    r = reader_of(saved);
    g_assert_false(console_load(other.console, &r, vtime(0), &error));
    g_assert_nonnull(error);
    file_is(other.log, "other");
    tear_down(&other, NULL);
}

/* --- another QEMU --- */

static void test_reconnect(Fixture *f, gconstpointer data)
{
    int old[2], out[2], in[2];
    char typed[8] = {0};

    (void)data;
    g_assert_cmpint(pipe(old) | pipe(out) | pipe(in), ==, 0);
    console_reconnect(f->console, old[0], -1);
    g_assert_cmpint(write(old[1], "one tw", 6), ==, 6);
    console_drain(f->console, vtime(NS_PER_MS));
    console_reconnect(f->console, out[0], in[1]);
    g_assert_cmpint(write(old[1], "lost", 4), ==, -1); /* nobody reads the old one */
    g_assert_cmpint(write(out[1], "o\n", 2), ==, 2);
    console_drain(f->console, vtime(2 * NS_PER_MS));
    file_is(f->log, "one two\n");
    g_assert_cmpuint(recent_count(console_recent(f->console)), ==, 1);
    g_assert_cmpint(recent_line(console_recent(f->console), 0).at.ns, ==, NS_PER_MS);
    g_assert_true(console_send(f->console, "key", 3, NULL));
    g_assert_cmpint(read(in[0], typed, sizeof(typed)), ==, 3);
    g_assert_cmpstr(typed, ==, "key");
    close(old[1]);
    close(out[1]);
    close(in[0]);
}

#define ADD(path, func) g_test_add(path, Fixture, NULL, set_up, func, tear_down)

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/console-state/futures", test_futures);
    ADD("/console-state/back", test_back);
    ADD("/console-state/another-session", test_another_session);
    ADD("/console-state/changed", test_changed);
    ADD("/console-state/no-transcript", test_no_transcript);
    ADD("/console-state/no-folder", test_no_folder);
    ADD("/console-state/damaged", test_damaged);
    ADD("/console-state/wrong-log", test_wrong_log);
    ADD("/console-state/reconnect", test_reconnect);
    return g_test_run();
}
