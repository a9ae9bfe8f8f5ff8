/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-lines.c: a guest's bytes as lines, waits and watches, however the bytes come. */
#include "controller/qemu/lines.h"

#include <string.h>

static void await(Lines *l, const char *pattern)
{
    g_autoptr(GRegex) regex = pattern ? pattern_new(pattern, NULL) : NULL;

    g_assert_true(!pattern || regex);
    lines_await(l, regex);
}

static LinesWatch *watch(Lines *l, const char *pattern)
{
    g_autoptr(GRegex) regex = pattern_new(pattern, NULL);

    return lines_watch(l, regex);
}

/* What matches behind these bytes of the millisecond `ms`. */
static const char *fed(Lines *l, const char *text, int64_t ms)
{
    bool found = lines_feed(l, text, strlen(text), vtime(ms * NS_PER_MS));

    g_assert_true(found == lines_any_found(l));
    return lines_found(l)->line;
}

static const char *found(const Lines *l)
{
    return lines_found(l)->line;
}

static int64_t found_ms(const Lines *l)
{
    return lines_found(l)->time.ns / NS_PER_MS;
}

/* --- the wait --- */

static void test_line(void)
{
    g_autoptr(Lines) l = lines_new();

    await(l, "^hello$");
    g_assert_null(fed(l, "boot\nsay hello\n", 1));
    g_assert_cmpstr(fed(l, "hello\nmore\n", 2), ==, "hello");
    g_assert_cmpint(found_ms(l), ==, 2);
}

static void test_across_feeds(void)
{
    g_autoptr(Lines) l = lines_new();

    await(l, "tick 300$");
    g_assert_null(fed(l, "ti", 1));
    g_assert_null(fed(l, "ck 3", 2));
    g_assert_null(fed(l, "0", 3));
    g_assert_cmpstr(fed(l, "0\nrest", 4), ==, "tick 300");
    g_assert_cmpint(found_ms(l), ==, 1); /* of its first byte, as in a transcript */
}

static void test_prompt(void)
{
    g_autoptr(Lines) l = lines_new();

    await(l, "login: $");
    g_assert_null(fed(l, "Welcome\nlogin:", 1));
    g_assert_cmpstr(fed(l, " ", 2), ==, "login: ");
    g_assert_cmpint(found_ms(l), ==, 1);
    /* What follows on the same line is new. */
    await(l, "login|^root$");
    g_assert_null(found(l));
    g_assert_cmpstr(fed(l, "root\n", 3), ==, "root");
    g_assert_cmpint(found_ms(l), ==, 3);
}

/* busybox asks the terminal where its cursor is behind each prompt. */
static void test_prompt_escape(void)
{
    g_autoptr(Lines) l = lines_new();

    await(l, "# $");
    g_assert_cmpstr(fed(l, "\r\n/ # \033[6n", 1), ==, "/ # ");
    await(l, "PASS$");
    g_assert_null(fed(l, "\033[1;3", 1));
    g_assert_null(fed(l, "2m", 1));
    g_assert_cmpstr(fed(l, "PASS\033[0m\r\n", 1), ==, "PASS");
    await(l, "\\x1b");
    g_assert_null(fed(l, "\033[0m\n", 1)); /* the text has none */
}

/* One line, one match; the whole line is gone with it. */
static void test_consumed_once(void)
{
    g_autoptr(Lines) l = lines_new();

    await(l, "x");
    g_assert_cmpstr(fed(l, "1x x x\n2x\n3y\n", 1), ==, "1x x x");
    await(l, "x");
    g_assert_cmpstr(found(l), ==, "2x");
    await(l, "x");
    g_assert_null(found(l));
    await(l, "y");
    g_assert_cmpstr(found(l), ==, "3y");
    await(l, "y");
    g_assert_null(found(l));
}

/* What matched stays the match until the next wait, whatever comes. */
static void test_match_stays(void)
{
    g_autoptr(Lines) l = lines_new();

    await(l, "a(.)");
    g_assert_cmpstr(fed(l, "a1\n", 1), ==, "a1");
    g_assert_cmpstr(fed(l, "a2\n", 2), ==, "a1");
    g_assert_cmpstr(lines_found(l)->match.groups[0], ==, "1");
    await(l, "a(.)");
    g_assert_cmpstr(found(l), ==, "a2");
    g_assert_cmpstr(lines_found(l)->match.groups[0], ==, "2");
    g_assert_cmpint(found_ms(l), ==, 2);
}

static void test_backlog(void)
{
    g_autoptr(Lines) l = lines_new();

    g_assert_null(fed(l, "early\n", 1));
    g_assert_null(fed(l, "bird\n", 2));
    await(l, "bird");
    g_assert_cmpstr(found(l), ==, "bird");
    g_assert_cmpint(found_ms(l), ==, 2);
    /* "early" stood before it. */
    await(l, "early");
    g_assert_null(found(l));
    await(l, NULL);
    g_assert_null(fed(l, "one\ntwo\n", 3));
    await(l, "nothing");
    g_assert_null(found(l));
    await(l, "one"); /* a wait in vain takes nothing away */
    g_assert_cmpstr(found(l), ==, "one");
    await(l, NULL);
    g_assert_null(found(l));
    g_assert_false(lines_expect(l) || lines_awaited(l));
}

static void test_empty_pattern(void)
{
    g_autoptr(Lines) l = lines_new();

    await(l, ""); /* the next line, and there is none yet */
    g_assert_null(found(l));
    g_assert_null(fed(l, "\033[0m", 1));
    g_assert_cmpstr(fed(l, "\n", 1), ==, "");
    await(l, "^$");
    g_assert_null(fed(l, "text\n", 1));
    g_assert_cmpstr(fed(l, "\r\n", 1), ==, "");
}

static void test_gave_up(void)
{
    g_autoptr(Lines) l = lines_new();

    await(l, "(a+)+$");
    g_assert_nonnull(fed(l, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n", 1));
    g_assert_true(lines_found(l)->gave_up);
    await(l, "a!$"); /* the line is gone */
    g_assert_null(found(l));
}

/* --- lines --- */

static void collect(const char *text, gsize size, VTime time, void *data)
{
    g_assert_cmpuint(size, ==, strlen(text));
    g_string_append_printf(data, "%d:%s|", (int)(time.ns / NS_PER_MS), text);
}

static void split_is(const char *bytes, gsize size, const char *expected)
{
    for (gsize piece = 1; piece <= size; piece++) {
        g_autoptr(Lines) l = lines_new();
        g_autoptr(GString) lines = g_string_new(NULL);

        lines_follow(l, collect, lines);
        for (gsize at = 0; at < size; at += piece)
            lines_feed(l, bytes + at, MIN(piece, size - at), vtime(NS_PER_MS));
        g_assert_cmpstr(lines->str, ==, expected);
    }
}

#define SPLIT(bytes, expected) split_is(bytes, sizeof(bytes) - 1, expected)

static void test_ends(void)
{
    SPLIT("a\nb\n", "1:a|1:b|");
    SPLIT("a\r\nb\r\r\nc\n\rd\n", "1:a|1:b|1:c|1:d|");
    SPLIT("\n\r\n\n", "1:|1:|1:|");
    SPLIT(" 10 %\r 20 %\r100 %\r\ndone", "1: 10 %|1: 20 %|1:100 %|");
    SPLIT("\r\033[K\rtext\r\033[Kmore\n", "1:text|1:more|");
    SPLIT("a\0b\0\nPASS\0\r\n\0x\n", "1:ab|1:PASS|1:x|");
    SPLIT("T=21\xb0"
          "C\n\xff\xfe\n",
          "1:T=21\xb0"
          "C|1:\xff\xfe|");
    SPLIT("a\tb\b\a\n", "1:a\tb|");
    SPLIT("no end", "");
}

static void test_times(void)
{
    g_autoptr(Lines) l = lines_new();
    g_autoptr(GString) lines = g_string_new(NULL);

    lines_follow(l, collect, lines);
    fed(l, "half a ", 1);
    fed(l, "line\r", 2);
    fed(l, "\nnext", 3);
    fed(l, "\n", 4);
    fed(l, "\n", 5);
    fed(l, "10 %\r", 6);
    fed(l, "20 %", 7);
    fed(l, "\n\033[0m", 8);
    fed(l, "x\n", 9);
    g_assert_cmpstr(lines->str, ==, "1:half a line|3:next|5:|6:10 %|7:20 %|9:x|");
}

/* A prompt: its line is open, and began with its first byte. */
static void test_open(void)
{
    g_autoptr(Lines) l = lines_new();
    VTime at;

    g_assert_false(lines_open(l, &at));
    fed(l, "hello\n", 1);
    g_assert_false(lines_open(l, &at));
    fed(l, "/ ", 2);
    fed(l, "# ", 3);
    g_assert_true(lines_open(l, &at));
    g_assert_cmpint(at.ns, ==, 2 * NS_PER_MS);
    fed(l, "ls\n", 4);
    g_assert_false(lines_open(l, &at));
}

/* 10 MB without an end: bounded memory, lines of 64 KiB, and the end is found. */
static void test_long(void)
{
    g_autoptr(Lines) l = lines_new();
    g_autofree char *much = g_strnfill(100000, 'x');
    g_autoptr(GString) lines = g_string_new(NULL);

    await(l, "^the end$|yx");
    for (unsigned i = 0; i < 100; i++)
        g_assert_null(fed(l, much, i));
    lines_follow(l, collect, lines);
    g_assert_null(fed(l, "y", 100));
    g_assert_cmpstr(fed(l, "\nthe end\n", 101), ==, "the end");
    g_assert_true(g_str_has_suffix(lines->str, "xxxy|101:the end|"));
    g_assert_cmpuint(lines->len, ==, 3 + 10000001 % LINES_MAX + strlen("|101:the end|"));
}

/* What nobody waits for is kept as far back as is promised, and not for ever. */
static void test_past_is_bounded(void)
{
    g_autoptr(Lines) l = lines_new();
    char line[32];

    for (unsigned i = 0; i < 200000; i++) {
        g_snprintf(line, sizeof(line), "line %06u\n", i);
        fed(l, line, i);
    }
    await(l, "^line 000000$");
    g_assert_null(found(l));
    await(l, "^line 18[0-9]*$"); /* 28 bytes each: 20000 lines are more than 512 KiB */
    g_assert_cmpstr(found(l), ==, "line 180000");
    g_assert_cmpint(found_ms(l), ==, 180000);
    for (unsigned i = 0; i < 200000; i++)
        fed(l, "\n", 0);
    await(l, "^line");
    g_assert_null(found(l));
}

/* --- watches --- */

static void test_watch(void)
{
    g_autoptr(Lines) l = lines_new();
    LinesWatch *w;

    fed(l, "old PASS", 1);
    w = watch(l, "PASS (\\d)");
    g_assert_true(lines_expect(l));
    fed(l, " PASS", 2); /* of this line only what comes from now on */
    g_assert_null(lines_watch_found(w)->line);
    fed(l, " 7", 3);
    g_assert_cmpstr(lines_watch_found(w)->line, ==, " PASS 7");
    g_assert_cmpstr(lines_watch_found(w)->match.groups[0], ==, "7");
    g_assert_cmpint(lines_watch_found(w)->until.ns, ==, 3 * NS_PER_MS);
    g_assert_cmpint(lines_watch_found(w)->time.ns, ==, 2 * NS_PER_MS);
    lines_watch_again(w);
    fed(l, "8\n", 4); /* the same line */
    g_assert_null(lines_watch_found(w)->line);
    fed(l, "PASS 1\nPASS 2\n", 5);
    g_assert_cmpstr(lines_watch_found(w)->line, ==, "PASS 1");
    lines_watch_again(w);
    fed(l, "PASS 3\r", 6);
    g_assert_cmpstr(lines_watch_found(w)->line, ==, "PASS 3");
    lines_unwatch(l, w);
    g_assert_false(lines_expect(l));
}

/* A wait and a watch see the same line, each in its own way. */
static void test_both(void)
{
    g_autoptr(Lines) l = lines_new();
    LinesWatch *w = watch(l, "seq=0 .* ms$");

    await(l, "seq=0 ");
    g_assert_cmpstr(fed(l, "64 bytes: seq=0 ttl", 1), ==, "64 bytes: seq=0 ttl");
    g_assert_null(lines_watch_found(w)->line);
    fed(l, "=64 time=4 ms\n", 2);
    g_assert_cmpstr(lines_watch_found(w)->line, ==, "64 bytes: seq=0 ttl=64 time=4 ms");
    await(l, "seq=0");
    g_assert_null(found(l));
    await(l, "time=4"); /* the rest of that line */
    g_assert_cmpstr(found(l), ==, "=64 time=4 ms");
    lines_unwatch(l, w);
}

int main(int argc, char **argv)
{
    g_setenv("LC_ALL", "C.UTF-8", TRUE);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lines/wait/line", test_line);
    g_test_add_func("/lines/wait/across-feeds", test_across_feeds);
    g_test_add_func("/lines/wait/prompt", test_prompt);
    g_test_add_func("/lines/wait/prompt-escape", test_prompt_escape);
    g_test_add_func("/lines/wait/consumed-once", test_consumed_once);
    g_test_add_func("/lines/wait/stays", test_match_stays);
    g_test_add_func("/lines/wait/backlog", test_backlog);
    g_test_add_func("/lines/wait/empty-pattern", test_empty_pattern);
    g_test_add_func("/lines/wait/gave-up", test_gave_up);
    g_test_add_func("/lines/ends", test_ends);
    g_test_add_func("/lines/times", test_times);
    g_test_add_func("/lines/open", test_open);
    g_test_add_func("/lines/long", test_long);
    g_test_add_func("/lines/past-is-bounded", test_past_is_bounded);
    g_test_add_func("/lines/watch", test_watch);
    g_test_add_func("/lines/both", test_both);
    return g_test_run();
}
