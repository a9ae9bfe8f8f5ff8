/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-stream.c: a command of this host as a stream: bytes both ways, how it ended and what it
 * said, and that nothing of it stays.
 *
 * What a command leaves behind becomes a child of the test (a subreaper), so that it can be waited
 * for.
 */
#include "controller/remote/message.h"
#include "controller/remote/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOON 10000
#define MANY (5u << 20)

static Stream *start(const char *command)
{
    g_autoptr(GError) error = NULL;
    Stream *s = stream_new_command(command, &error);

    g_assert_no_error(error);
    g_assert_nonnull(s);
    return s;
}

static void await(const Stream *s)
{
    struct pollfd p = {.fd = stream_fd(s), .events = POLLIN};

    g_assert_cmpint(poll(&p, 1, SOON), ==, 1);
}

/* The next bytes, at least one. */
static gsize read_some(Stream *s, void *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    gssize n = 0;

    while (n == 0) {
        await(s);
        n = stream_read(s, data, size, &error);
        g_assert_no_error(error);
        g_assert_cmpint(n, >=, 0);
        g_assert_cmpuint((gsize)n, <=, size);
    }
    return (gsize)n;
}

static void expect(Stream *s, const char *text)
{
    g_autofree char *got = g_malloc(strlen(text));
    gsize n = 0;

    while (n < strlen(text))
        n += read_some(s, got + n, strlen(text) - n);
    g_assert_cmpmem(got, n, text, strlen(text));
}

static void expect_end(Stream *s, const char *message)
{
    g_autoptr(GError) error = NULL;
    char byte;

    await(s);
    g_assert_cmpint(stream_read(s, &byte, 1, &error), ==, -1);
    g_assert_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST);
    g_assert_cmpstr(error->message, ==, message);
}

/* Frees it. The command's end is awaited by check_nothing_is_left() alone, as those of all others. */
static void finish(Stream *s)
{
    stream_free(s);
}

/* --- bytes --- */

static uint8_t *pattern(void)
{
    uint8_t *data = g_malloc(MANY);

    for (unsigned i = 0; i < MANY; i++)
        data[i] = (uint8_t)(i * 2654435761U >> 24);
    return data;
}

/* Never more under way than a socket holds, since one thread does both. */
static void test_echo(void)
{
    g_autofree uint8_t *data = pattern(), *back = g_malloc(MANY);
    Stream *s = start("cat");
    gsize sent = 0, got = 0;

    while (got < MANY) {
        gsize piece = MIN(1 + sent % 30011, MANY - sent);

        g_assert_true(stream_write(s, data + sent, piece, NULL));
        sent += piece;
        while (got < sent)
            got += read_some(s, back + got, MANY - got);
    }
    g_assert_cmpmem(back, got, data, MANY);
    finish(s);
}

/* Far more than a socket holds: the writer waits for the reader. */
static void test_write_much(void)
{
    g_autofree uint8_t *data = pattern();
    g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, MANY);
    g_autofree char *command = g_strdup_printf("sleep 0.1; head -c %u | sha256sum", MANY);
    Stream *s = start(command);

    g_assert_true(stream_write(s, data, MANY, NULL));
    expect(s, sum);
    expect(s, "  -\n");
    expect_end(s, "the command ended, exit status 0");
    finish(s);
}

static void test_read_much(void)
{
    g_autofree char *command = g_strdup_printf("head -c %u /dev/zero | tr '\\0' x", MANY);
    g_autofree char *chunk = g_malloc(65536);
    Stream *s = start(command);
    gsize got = 0;

    while (got < MANY) {
        gsize n = read_some(s, chunk, 65536);

        for (gsize i = 0; i < n; i++)
            g_assert_true(chunk[i] == 'x');
        got += n;
    }
    g_assert_cmpuint(got, ==, MANY);
    expect_end(s, "the command ended, exit status 0");
    finish(s);
}

static void test_nothing_yet(void)
{
    Stream *s = start("cat");
    g_autoptr(GError) error = NULL;
    char byte;

    g_assert_cmpint(stream_read(s, &byte, 1, &error), ==, 0);
    g_assert_no_error(error);
    g_assert_true(stream_write(s, "x", 1, &error));
    expect(s, "x");
    g_assert_cmpint(stream_read(s, &byte, 1, &error), ==, 0);
    g_assert_no_error(error);
    finish(s);
}

/* Another command, started later, does not hold this one's end open. */
static void test_two(void)
{
    Stream *a = start("read line; echo $line"), *b = start("cat");

    g_assert_true(fcntl(stream_fd(a), F_GETFD) & FD_CLOEXEC);
    g_assert_true(stream_write(a, "one\n", 4, NULL));
    expect(a, "one\n");
    expect_end(a, "the command ended, exit status 0");
    stream_free(a);
    g_assert_true(stream_write(b, "two", 3, NULL));
    expect(b, "two");
    finish(b);
}

/* --- the end --- */

static void test_exit_status(void)
{
    Stream *s = start("echo 'no such host' >&2; printf last; exit 7");

    expect(s, "last");
    expect_end(s, "the command ended, exit status 7; it said: no such host");
    /* It stays so. */
    expect_end(s, "the command ended, exit status 7; it said: no such host");
    finish(s);
}

static void test_signal(void)
{
    Stream *s = start("echo going >&2; kill -TERM $$");

    expect_end(s, "the command was killed by signal 15 (Terminated); it said: going");
    finish(s);
}

static void test_no_such_command(void)
{
    g_autoptr(GError) error = NULL;
    Stream *s = start("/nowhere/ssh");
    char byte;

    await(s);
    g_assert_cmpint(stream_read(s, &byte, 1, &error), ==, -1);
    g_assert_nonnull(strstr(error->message, "exit status 127"));
    g_assert_nonnull(strstr(error->message, "/nowhere/ssh"));
    finish(s);
}

/* Of much that was said the end is what counts. It may begin inside a letter. */
static void test_said_much(void)
{
    for (unsigned shift = 0; shift < 2; shift++) {
        g_autofree char *command =
            g_strdup_printf("for i in $(seq 3000); do printf ü >&2; done; printf %s >&2; exit 1",
                            shift ? "end" : "last");
        g_autoptr(GError) error = NULL;
        Stream *s = start(command);
        char byte;

        await(s);
        g_assert_cmpint(stream_read(s, &byte, 1, &error), ==, -1);
        g_assert_true(
            g_str_has_prefix(error->message, "the command ended, exit status 1; it said: "));
        g_assert_true(g_str_has_suffix(error->message, shift ? "üüend" : "üülast"));
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_cmpuint(strlen(error->message), <, 2100);
        finish(s);
    }
}

/* Nobody asks why. */
static void test_no_error_wanted(void)
{
    Stream *s = start("echo said >&2; exit 3");
    char byte;

    await(s);
    g_assert_cmpint(stream_read(s, &byte, 1, NULL), ==, -1);
    finish(s);
}

/* It hung up and does not end: whoever reads must not wait for that. */
static void test_hung_up(void)
{
    Stream *s = start("echo bye >&2; exec <&- >&-; sleep 1000");
    gint64 begun = g_get_monotonic_time();

    expect_end(s, "the command closed its output, but has not ended; it said: bye");
    g_assert_cmpint(g_get_monotonic_time() - begun, <, 8 * G_USEC_PER_SEC);
    finish(s);
}

/* --- writing to nobody --- */

static void test_write_to_dead(void)
{
    g_autoptr(GError) error = NULL;
    Stream *s = start("exit 4");

    await(s);
    g_assert_false(stream_write(s, "x", 1, &error)); /* and no SIGPIPE */
    g_assert_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST);
    expect_end(s, "the command ended, exit status 4");
    finish(s);
}

/* It dies while the writer waits for it. */
static void test_write_to_dying(void)
{
    g_autofree uint8_t *data = pattern();
    g_autoptr(GError) error = NULL;
    Stream *s = start("sleep 0.2; head -c 10 >/dev/null; exit 5");

    g_assert_false(stream_write(s, data, MANY, &error));
    g_assert_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST);
    expect_end(s, "the command ended, exit status 5");
    finish(s);
}

/* It lives, and reads nothing. */
static void test_write_to_deaf(void)
{
    g_autofree uint8_t *data = pattern();
    g_autoptr(GError) error = NULL;
    Stream *s = start("sleep 1000");
    gint64 begun = g_get_monotonic_time();

    g_assert_false(stream_write(s, data, MANY, &error));
    g_assert_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST);
    g_assert_cmpstr(error->message, ==, "it has read nothing for 10 s");
    g_assert_cmpint(g_get_monotonic_time() - begun, <, 25 * G_USEC_PER_SEC);
    finish(s);
}

/* --- freeing --- */

static void test_free_midway(void)
{
    Stream *s = start("sleep 1000 & sh -c 'sleep 1000 & echo ready; wait' & wait");

    expect(s, "ready\n");
    finish(s);
}

/* It ended, and left somebody behind who neither reads nor writes. */
static void test_free_behind_the_end(void)
{
    Stream *s = start("sleep 1000 <&- >&- 2>&- & echo ready");

    expect(s, "ready\n");
    expect_end(s, "the command ended, exit status 0");
    finish(s);
}

/* Not asked for how it ended. */
static void test_free_unread(void)
{
    Stream *s = start("echo a; exit 1");

    await(s);
    finish(s);
}

/* One that does not listen to SIGTERM. */
static void test_free_stubborn(void)
{
    Stream *s = start("trap '' TERM HUP INT; echo ready; while :; do sleep 1000; done");

    expect(s, "ready\n");
    finish(s);
}

/* What the commands of the next two tests write. */
static char *told_path;

static Stream *start_telling(const char *format)
{
    g_autofree char *command = NULL;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    command = g_strdup_printf(format, told_path);
#pragma GCC diagnostic pop
    return start(command);
}

/* It has time to end once its input is closed, and gets no signal. */
static void test_free_in_order(void)
{
    Stream *s =
        start_telling("exec 3>>%s; trap 'echo signalled >&3' TERM; echo ready; cat; sleep 0.5; "
                      "echo closed >&3");

    expect(s, "ready\n");
    stream_free(s);
    stream_end_commands();
}

/* One that does not care for its input gets SIGTERM first. */
static void test_free_deaf(void)
{
    Stream *s = start_telling(
        "exec 3>>%s; trap 'echo told >&3; exit' TERM; echo ready; while :; do sleep 0.1; done");

    expect(s, "ready\n");
    finish(s);
}

/* Waits for all commands, and for what they have left behind, which was killed with them; one that was
 * not would be waited for here for ever. */
static void check_nothing_is_left(void)
{
    g_autofree char *told = NULL;
    int status;

    stream_end_commands();
    while (waitpid(-1, &status, 0) > 0) {
        g_assert_true(WIFSIGNALED(status));
        g_assert_true(WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM);
    }
    g_assert_cmpint(errno, ==, ECHILD);
    g_assert_true(g_file_get_contents(told_path, &told, NULL, NULL));
    g_assert_cmpstr(told, ==, "closed\ntold\n");
    unlink(told_path);
    g_free(told_path);
}

static void test_free_null(void)
{
    stream_free(NULL);
}

/* Ctrl-C at the terminal goes to the group of the controller. */
static void test_own_session(void)
{
    Stream *s = start("echo $$; cat");
    char text[32] = "";
    pid_t pid;

    text[read_some(s, text, sizeof(text) - 1)] = '\0';
    pid = (pid_t)g_ascii_strtoll(text, NULL, 10);
    g_assert_cmpint(pid, >, 0);
    g_assert_cmpint(getsid(pid), ==, pid);
    g_assert_cmpint(getpgid(pid), ==, pid);
    finish(s);
}

int main(int argc, char **argv)
{
    int fd = g_file_open_tmp("test-stream-XXXXXX", &told_path, NULL), result;

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    g_test_init(&argc, &argv, NULL);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    alarm(120); /* what should have been killed is waited for in vain */
    g_test_add_func("/stream/bytes/echo", test_echo);
    g_test_add_func("/stream/bytes/write-much", test_write_much);
    g_test_add_func("/stream/bytes/read-much", test_read_much);
    g_test_add_func("/stream/bytes/nothing-yet", test_nothing_yet);
    g_test_add_func("/stream/bytes/two", test_two);
    g_test_add_func("/stream/end/exit-status", test_exit_status);
    g_test_add_func("/stream/end/signal", test_signal);
    g_test_add_func("/stream/end/no-such-command", test_no_such_command);
    g_test_add_func("/stream/end/said-much", test_said_much);
    g_test_add_func("/stream/end/no-error-wanted", test_no_error_wanted);
    g_test_add_func("/stream/end/hung-up", test_hung_up);
    g_test_add_func("/stream/write/dead", test_write_to_dead);
    g_test_add_func("/stream/write/dying", test_write_to_dying);
    g_test_add_func("/stream/write/deaf", test_write_to_deaf);
    g_test_add_func("/stream/free/midway", test_free_midway);
    g_test_add_func("/stream/free/behind-the-end", test_free_behind_the_end);
    g_test_add_func("/stream/free/unread", test_free_unread);
    g_test_add_func("/stream/free/stubborn", test_free_stubborn);
    g_test_add_func("/stream/free/in-order", test_free_in_order);
    g_test_add_func("/stream/free/deaf", test_free_deaf);
    g_test_add_func("/stream/free/null", test_free_null);
    g_test_add_func("/stream/own-session", test_own_session);
    result = g_test_run();
    check_nothing_is_left();
    return result;
}
