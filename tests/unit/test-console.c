/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-console.c: the guest's console with a socket pair in place of QEMU's serial port. */
#include "controller/qemu/console.h"

#include "controller/base/fd.h"
#include "controller/base/output.h"
#include "controller/qemu/options.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

typedef struct {
    Console *console;
    int guest; /* the other end */
    char *dir, *log;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    int ends[2];

    (void)data;
    f->dir = g_dir_make_tmp("test-console-XXXXXX", NULL);
    f->log = g_build_filename(f->dir, "console.log", NULL);
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
    f->guest = ends[1];
    f->console = console_new(ends[0], f->log, &error);
    g_assert_no_error(error);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    (void)data;
    console_free(f->console);
    fd_clear(&f->guest);
    g_unlink(f->log);
    g_rmdir(f->dir);
    g_free(f->log);
    g_free(f->dir);
}

static void guest_writes(Fixture *f, const char *data, gssize size)
{
    size_t n = size < 0 ? strlen(data) : (size_t)size;

    g_assert_cmpint(write(f->guest, data, n), ==, (gssize)n);
}

static void await(Fixture *f, const char *pattern)
{
    g_autoptr(GRegex) regex = pattern ? pattern_new(pattern, NULL) : NULL;

    g_assert_true(!pattern || regex);
    lines_await(console_lines(f->console), regex);
}

static const char *match(const Fixture *f)
{
    return lines_found(console_lines(f->console))->line;
}

/* The guest writes, the console reads: what matches then. */
static const char *match_after(Fixture *f, const char *text)
{
    bool found;

    guest_writes(f, text, -1);
    found = console_drain(f->console, vtime(0));
    g_assert_true(found == (match(f) != NULL));
    return match(f);
}

/* Whether it matches is told by what drains; the rest is test-lines.c's. */
static void test_lines(Fixture *f, gconstpointer data)
{
    (void)data;
    await(f, "^hello$");
    g_assert_null(match_after(f, "boot\nsay hello\n"));
    g_assert_null(match_after(f, "he"));
    g_assert_cmpstr(match_after(f, "llo\nmore\n"), ==, "hello");
    await(f, "more");
    g_assert_cmpstr(match(f), ==, "more");
    await(f, NULL);
    g_assert_null(match_after(f, "more\n"));
    g_assert_cmpuint(console_bytes(f->console), ==, 31);
}

/* --- log and digest --- */

static void log_is(const Fixture *f, const char *bytes, gsize size)
{
    g_autofree char *sha256 =
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, size);
    g_autofree char *ours = console_sha256(f->console), *again = console_sha256(f->console);
    g_autofree char *contents = NULL;
    gsize length;

    g_assert_true(g_file_get_contents(f->log, &contents, &length, NULL));
    g_assert_cmpmem(contents, length, bytes, size);
    g_assert_cmpstr(ours, ==, sha256);
    g_assert_cmpstr(again, ==, sha256); /* asking does not close the digest */
    g_assert_cmpuint(console_bytes(f->console), ==, size);
}

static void test_log(Fixture *f, gconstpointer data)
{
    static const char bytes[] = "a\r\n\0\377b\nprompt: ";

    (void)data;
    log_is(f, "", 0);
    guest_writes(f, bytes, 5);
    console_drain(f->console, vtime(0));
    log_is(f, bytes, 5);
    guest_writes(f, bytes + 5, sizeof(bytes) - 1 - 5);
    console_drain(f->console, vtime(0));
    log_is(f, bytes, sizeof(bytes) - 1);
    g_assert_cmpstr(console_log_path(f->console), ==, f->log);
}

/* Far more than is kept for matching: the log has all, the end can still be waited for. */
static void test_much(Fixture *f, gconstpointer data)
{
    g_autoptr(GString) all = g_string_new(NULL);
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);

    (void)data;
    while (all->len < 3 << 20) {
        gsize before = all->len;

        for (unsigned i = 0; i < 20000; i++)
            g_string_append_c(all, (char)g_rand_int_range(rand, 0, 256));
        guest_writes(f, all->str + before, (gssize)(all->len - before));
        console_drain(f->console, vtime(0));
    }
    log_is(f, all->str, all->len);
    await(f, "^the end$");
    g_assert_cmpstr(match_after(f, "\nthe end\n"), ==, "the end");
}

static void test_old_log_is_emptied(Fixture *f, gconstpointer data)
{
    g_autofree char *log = g_build_filename(f->dir, "old.log", NULL);
    g_autoptr(Console) console = NULL;
    g_autofree char *contents = NULL;

    (void)data;
    g_assert_true(g_file_set_contents(log, "old", 3, NULL));
    console = console_new(-1, log, NULL);
    g_assert_nonnull(console);
    g_assert_true(g_file_get_contents(log, &contents, NULL, NULL));
    g_assert_cmpstr(contents, ==, "");
    g_unlink(log);
}

static void test_bad_log(Fixture *f, gconstpointer data)
{
    g_autofree char *log = g_build_filename(f->dir, "no", "such.log", NULL);
    g_autofree char *message = g_strdup_printf("can't write '%s': No such file or directory", log);
    g_autoptr(GError) error = NULL;
    int ends[2];
    char byte;

    (void)data;
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
    g_assert_null(console_new(ends[0], log, &error));
    g_assert_error(error, NODE_ERROR, NODE_ERROR_SYSTEM);
    g_assert_cmpstr(error->message, ==, message);
    /* The socket was taken over all the same, and closed. */
    g_assert_cmpint(read(ends[1], &byte, 1), ==, 0);
    fd_clear(&ends[1]);
}

/* A full disk costs the log, not the run; the digest is of what the log holds. */
static void test_full_disk(Fixture *f, gconstpointer data)
{
    g_autoptr(Console) console = NULL;
    g_autofree char *sha256 = NULL;
    g_autofree char *expected = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "", 0);
    g_autoptr(GRegex) regex = pattern_new("x", NULL);
    int ends[2];

    (void)data;
    (void)f;
    g_assert_null(output_loss());
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
    console = console_new(ends[0], "/dev/full", NULL);
    console_set_node(console, "a");
    lines_await(console_lines(console), regex);
    g_assert_cmpint(write(ends[1], "x\n", 2), ==, 2);
    g_assert_true(console_drain(console, vtime(0)));
    sha256 = console_sha256(console);
    g_assert_cmpstr(sha256, ==, expected);
    g_assert_cmpuint(console_bytes(console), ==, 2);
    g_assert_nonnull(
        strstr(output_loss(), "node a: the log of its console ends here: can't write '/dev/full'"));
    fd_clear(&ends[1]);
}

/* --- the peer --- */

static void test_peer_closes(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    (void)data;
    await(f, "last");
    guest_writes(f, "last words", -1);
    fd_clear(&f->guest);
    g_assert_true(console_drain(f->console, vtime(0)));
    g_assert_cmpstr(match(f), ==, "last words");
    console_drain(f->console, vtime(0));
    g_assert_true(console_drain(f->console, vtime(0))); /* nothing more, nothing worse */
    log_is(f, "last words", 10);
    g_assert_false(console_send(f->console, "x", 1, &error));
    g_assert_error(error, NODE_ERROR, NODE_ERROR_STATE);
    g_assert_cmpstr(error->message, ==, "the node has no console");
}

/* Closed, but nobody has read that yet. */
static void test_send_to_closed(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    (void)data;
    fd_clear(&f->guest);
    g_assert_false(console_send(f->console, "x", 1, &error));
    g_assert_error(error, NODE_ERROR, NODE_ERROR_SYSTEM);
    g_assert_cmpstr(error->message, ==, "can't send to the console: Broken pipe");
}

static void test_send(Fixture *f, gconstpointer data)
{
    char got[16] = {0};

    (void)data;
    g_assert_true(console_send(f->console, "ls\n", 3, NULL));
    g_assert_true(console_send(f->console, "", 0, NULL));
    g_assert_cmpint(read(f->guest, got, sizeof(got)), ==, 3);
    g_assert_cmpstr(got, ==, "ls\n");
}

/* Returns instead of waiting for a guest that does not read. */
static void test_send_full(Fixture *f, gconstpointer data)
{
    g_autofree char *text = g_strnfill(8 << 20, 'x');
    g_autoptr(GError) error = NULL;

    (void)data;
    g_assert_false(console_send(f->console, text, strlen(text), &error));
    g_assert_error(error, NODE_ERROR, NODE_ERROR_SYSTEM);
    g_assert_cmpstr(error->message, ==, "can't send to the console: the guest takes no input");
}

/* --- tap --- */

static void count(void *data)
{
    ++*(unsigned *)data;
}

static void taken_is(Fixture *f, const char *expected)
{
    g_autoptr(GBytes) bytes = console_pop(f->console);

    g_assert_true((bytes != NULL) == (expected != NULL));
    if (bytes)
        g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), expected,
                        strlen(expected));
}

static void test_tap(Fixture *f, gconstpointer data)
{
    unsigned woken = 0;

    (void)data;
    match_after(f, "before");
    taken_is(f, NULL);
    console_tap(f->console, count, &woken);
    taken_is(f, NULL);
    match_after(f, "a\r\n");
    match_after(f, "b");
    g_assert_cmpuint(woken, ==, 2);
    taken_is(f, "a\r\nb");
    taken_is(f, NULL);
    match_after(f, "lost");
    console_tap(f->console, NULL, NULL);
    taken_is(f, NULL);
    match_after(f, "c");
    g_assert_cmpuint(woken, ==, 3);
}

/* Nobody takes: the oldest goes. */
static void test_tap_full(Fixture *f, gconstpointer data)
{
    g_autofree char *much = g_strnfill(60000, 'x');
    g_autoptr(GBytes) bytes = NULL;
    unsigned woken = 0;
    gsize size;
    const char *text;

    (void)data;
    console_tap(f->console, count, &woken);
    for (unsigned i = 0; i < 40; i++)
        match_after(f, much);
    match_after(f, "end");
    bytes = console_pop(f->console);
    text = g_bytes_get_data(bytes, &size);
    g_assert_cmpuint(size, ==, 1 << 20);
    g_assert_cmpmem(text + size - 3, 3, "end", 3);
}

static void test_type(Fixture *f, gconstpointer data)
{
    static const char keys[] = {'a', '\0', '\x1b'};
    g_autofree char *much = g_strnfill(8 << 20, 'x');
    g_autoptr(GError) error = NULL;
    char got[8];

    (void)data;
    g_assert_cmpint(console_type(f->console, keys, sizeof(keys), NULL), ==, sizeof(keys));
    g_assert_cmpint(read(f->guest, got, sizeof(got)), ==, sizeof(keys));
    g_assert_cmpmem(got, sizeof(keys), keys, sizeof(keys));
    while (console_type(f->console, much, 8 << 20, &error) > 0)
        ;
    g_assert_no_error(error);
    g_assert_cmpint(console_type(f->console, much, 1, &error), ==, 0);
    fd_clear(&f->guest);
    g_assert_cmpint(console_type(f->console, much, 1, &error), ==, -1);
    g_assert_error(error, NODE_ERROR, NODE_ERROR_SYSTEM);
}

/* --- pipes, as a launched QEMU has them --- */

static void test_pipes(Fixture *f, gconstpointer data)
{
    g_autofree char *log = g_build_filename(f->dir, "pipes.log", NULL);
    g_autofree char *much = g_strnfill(60000, 'x');
    int out[2], in[2];
    g_autoptr(Console) c = NULL;
    g_autoptr(GError) error = NULL;
    char got[8];

    (void)data;
    g_assert_cmpint(pipe(out), ==, 0);
    g_assert_cmpint(pipe(in), ==, 0);
    c = console_new(out[0], log, NULL);
    g_assert_false(console_send(c, "x", 1, &error)); /* with serial= there is no input */
    g_assert_error(error, NODE_ERROR, NODE_ERROR_STATE);
    g_clear_error(&error);
    console_set_input(c, in[1]);
    g_assert_true(console_send(c, "ls\n", 3, NULL));
    g_assert_cmpint(read(in[0], got, sizeof(got)), ==, 3);
    for (unsigned i = 0; i < 60000; i++) /* byte by byte: nobody has to drain meanwhile */
        g_assert_cmpint(write(out[1], "x", 1), ==, 1);
    console_drain(c, vtime(0));
    g_assert_cmpuint(console_bytes(c), ==, 60000);
    while (console_type(c, much, 60000, &error) > 0)
        ;
    g_assert_no_error(error);
    g_assert_false(console_send(c, "x", 1, &error));
    g_assert_cmpstr(error->message, ==, "can't send to the console: the guest takes no input");
    g_clear_error(&error);
    fd_clear(&in[0]);
    g_assert_cmpint(console_type(c, "x", 1, &error), ==, -1);
    g_assert_cmpstr(error->message, ==, "can't send to the console: Broken pipe");
    g_clear_error(&error);
    fd_clear(&out[1]);
    console_drain(c, vtime(0));
    g_assert_false(console_send(c, "x", 1, &error));
    g_assert_cmpstr(error->message, ==, "the node has no console");
    g_unlink(log);
}

/* --- transcript --- */

static void drained_at(Fixture *f, const char *text, int64_t ns)
{
    guest_writes(f, text, -1);
    console_drain(f->console, vtime(ns));
}

static void test_transcript(Fixture *f, gconstpointer data)
{
    g_autofree char *path = g_build_filename(f->dir, "transcript", NULL);
    g_autofree char *text = NULL, *later = NULL;

    (void)data;
    drained_at(f, "before\nhalf a ", NS_PER_MS);
    g_assert_true(console_transcript(f->console, path, NULL));
    drained_at(f, "line\r\nne", 2 * NS_PER_MS);
    drained_at(f, "x\033[31mt \260", 3 * NS_PER_MS);
    drained_at(f, "\n\n\nlast\nnever complete", 1234 * NS_PER_MS);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==,
                    "[0.001000000s] half a line\n"
                    "[0.002000000s] next \\xb0\n"
                    "[1.234000000s] \n"
                    "[1.234000000s] \n"
                    "[1.234000000s] last\n");
    g_assert_true(console_transcript(f->console, NULL, NULL));
    drained_at(f, " line\n", 2000 * NS_PER_MS);
    g_assert_true(g_file_get_contents(path, &later, NULL, NULL));
    g_assert_cmpstr(later, ==, text);
    g_unlink(path);
}

static void test_transcript_nowhere(Fixture *f, gconstpointer data)
{
    g_autofree char *path = g_build_filename(f->dir, "no", "transcript", NULL);
    g_autofree char *message = g_strdup_printf("can't write '%s': No such file or directory", path);
    g_autoptr(GError) error = NULL;

    (void)data;
    g_assert_false(console_transcript(f->console, path, &error));
    g_assert_error(error, NODE_ERROR, NODE_ERROR_OPTION);
    g_assert_cmpstr(error->message, ==, message);
}

static void test_none(void)
{
    g_autofree char *dir = g_dir_make_tmp("test-console-XXXXXX", NULL);
    g_autofree char *log = g_build_filename(dir, "log", NULL);
    g_autoptr(Console) console = console_new(-1, log, NULL);

    g_assert_nonnull(console);
    g_assert_false(console_drain(console, vtime(0)));
    g_assert_false(console_send(console, "x", 1, NULL));
    g_assert_cmpuint(console_bytes(console), ==, 0);
    console_free(NULL);
    g_unlink(log);
    g_rmdir(dir);
}

#define ADD(path, func) g_test_add(path, Fixture, NULL, set_up, func, tear_down)

int main(int argc, char **argv)
{
    g_setenv("LC_ALL", "C.UTF-8", TRUE);
    signal(SIGPIPE, SIG_IGN);
    g_test_init(&argc, &argv, NULL);
    ADD("/console/lines", test_lines);
    ADD("/console/log/bytes", test_log);
    ADD("/console/log/much", test_much);
    ADD("/console/log/emptied", test_old_log_is_emptied);
    ADD("/console/log/not-writable", test_bad_log);
    ADD("/console/log/full-disk", test_full_disk);
    ADD("/console/peer/closes", test_peer_closes);
    ADD("/console/send/closed", test_send_to_closed);
    ADD("/console/send/arrives", test_send);
    ADD("/console/send/full", test_send_full);
    ADD("/console/send/type", test_type);
    ADD("/console/pipes", test_pipes);
    ADD("/console/tap/bytes", test_tap);
    ADD("/console/tap/full", test_tap_full);
    ADD("/console/transcript/lines", test_transcript);
    ADD("/console/transcript/nowhere", test_transcript_nowhere);
    g_test_add_func("/console/none", test_none);
    return g_test_run();
}
