/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-child-output.c: what is kept of what a program says, and that it never waits. */
#include "controller/base/child-output.h"

#include "controller/base/fd.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static void say(int fd, const char *bytes, gsize size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);

        g_assert_cmpint(n, >, 0);
        bytes += n;
        size -= (gsize)n;
    }
}

static void assert_text(ChildOutput *s, const char *expected)
{
    g_autofree char *text = child_output_text(s);

    g_assert_cmpstr(text, ==, expected);
}

static void test_little(void)
{
    fd_auto fd = -1;
    ChildOutput *s = child_output_new(&fd, NULL);

    assert_text(s, "");
    say(fd, "one\n", 4);
    assert_text(s, "one");
    say(fd, "t\0w\xff\n\n", 6);
    assert_text(s, "one\nt w\xff");
    fd_clear(&fd);
    assert_text(s, "one\nt w\xff");
    child_output_free(s);
    child_output_free(NULL);
}

/* Numbered lines of 8 bytes: what is where is seen. */
static void say_lines(int fd, unsigned from, unsigned to)
{
    g_autoptr(GString) lines = g_string_new(NULL);

    for (unsigned i = from; i < to; i++)
        g_string_append_printf(lines, "%07u\n", i);
    say(fd, lines->str, lines->len);
}

static void test_much(void)
{
    enum { KEPT = (CHILD_OUTPUT_HEAD + CHILD_OUTPUT_TAIL) / 8, ALL = 1000000 };
    fd_auto fd = -1;
    ChildOutput *s = child_output_new(&fd, NULL);
    g_autofree char *whole = NULL, *text = NULL, *end = NULL, *left_out = NULL;
    gsize length;

    say_lines(fd, 0, KEPT);
    whole = child_output_text(s);
    g_assert_null(strstr(whole, "left out"));
    g_assert_cmpuint(strlen(whole), ==,
                     CHILD_OUTPUT_HEAD + CHILD_OUTPUT_TAIL - 1); /* less the last newline */
    say_lines(fd, KEPT, ALL);                                    /* 8 MB, into a pipe of 64 KiB */
    text = child_output_text(s);
    length = strlen(text);
    left_out =
        g_strdup_printf("\n[%u bytes left out]\n", ALL * 8 - CHILD_OUTPUT_HEAD - CHILD_OUTPUT_TAIL);
    g_assert_cmpuint(length, ==, CHILD_OUTPUT_HEAD + CHILD_OUTPUT_TAIL + strlen(left_out) - 1);
    g_assert_true(g_str_has_prefix(text, "0000000\n0000001\n"));
    g_assert_true(g_str_has_prefix(text + CHILD_OUTPUT_HEAD, left_out));
    g_assert_true(g_str_has_suffix(text, "0999998\n0999999"));
    end = child_output_end(s, 15);
    g_assert_cmpstr(end, ==, "0999998\n0999999");
    child_output_free(s);
}

/* The end of a program that is gone is there, however quick it was. */
static void test_last_words(void)
{
    for (unsigned i = 0; i < 200; i++) {
        fd_auto fd = -1;
        ChildOutput *s = child_output_new(&fd, NULL);
        g_autofree char *end = NULL;
        pid_t child = fork();

        if (child == 0) {
            for (unsigned k = 0; k < 100; k++)
                if (write(fd, "a line of something\n", 20) != 20)
                    _exit(1);
            _exit(write(fd, "\033last words\n", 12) != 12);
        }
        waitpid(child, NULL, 0);
        end = child_output_end(s, 13);
        g_assert_cmpstr(end, ==, "g\n\\x1blast words");
        child_output_free(s);
    }
}

/* One that writes on and on keeps nobody from asking, or from ending it. */
static void test_endless(void)
{
    const char *const argv[] = {"yes", NULL};
    fd_auto fd = -1;
    ChildOutput *s = child_output_new(&fd, NULL);
    pid_t child;
    int status;

    g_assert_true(g_spawn_async_with_pipes_and_fds(
        NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, -1, fd, -1,
        NULL, NULL, 0, &child, NULL, NULL, NULL, NULL));
    fd_clear(&fd);
    for (unsigned i = 0; i < 100; i++) {
        g_autofree char *text = child_output_text(s);

        g_assert_cmpuint(strlen(text), <, CHILD_OUTPUT_HEAD + CHILD_OUTPUT_TAIL + 100);
    }
    child_output_free(s);
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/child-output/little", test_little);
    g_test_add_func("/child-output/much", test_much);
    g_test_add_func("/child-output/last-words", test_last_words);
    g_test_add_func("/child-output/endless", test_endless);
    return g_test_run();
}
