/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-feed.c: the ring between workers and the control socket. */
#include "controller/serve/feed.h"

#include <string.h>

static void line_is(Feed *f, const char *console, const char *text, int64_t at)
{
    FeedItem item;

    g_assert_true(feed_pop(f, &item));
    g_assert_cmpstr(item.console, ==, console);
    g_assert_cmpstr(item.text, ==, text);
    g_assert_cmpuint(item.size, ==, strlen(text));
    g_assert_cmpint(item.at.ns, ==, at);
}

static void test_order(void)
{
    g_autoptr(Feed) f = feed_new(4096);
    FeedItem item;

    g_assert_false(feed_pop(f, &item));
    feed_line(f, "a", "one", 3, vtime(5));
    feed_barrier(f, 7, vtime(6));
    feed_line(f, "b.1", "", 0, vtime(8));
    line_is(f, "a", "one", 5);
    g_assert_true(feed_pop(f, &item));
    g_assert_null(item.console);
    g_assert_cmpuint(item.number, ==, 7);
    g_assert_cmpint(item.at.ns, ==, 6);
    line_is(f, "b.1", "", 8);
    g_assert_false(feed_pop(f, &item));
}

/* Records of all lengths wrap around the end of the ring. */
static void test_wrap(void)
{
    g_autoptr(Feed) f = feed_new(301);
    g_autofree char *text = g_strnfill(150, 'x');

    for (unsigned i = 0; i < 2000; i++) {
        g_autofree char *part = g_strndup(text, i % 97);

        feed_line(f, "node", part, strlen(part), vtime(i));
        feed_line(f, "n", "y", 1, vtime(i));
        line_is(f, "node", part, i);
        line_is(f, "n", "y", i);
    }
}

static void test_full(void)
{
    g_autoptr(Feed) f = feed_new(100);
    uint64_t lines, barriers;
    FeedItem item;

    for (unsigned i = 0; i < 10; i++)
        feed_line(f, "a", "0123456789", 10, vtime(i));
    for (unsigned i = 0; i < 5; i++)
        feed_barrier(f, i, vtime(i));
    feed_dropped(f, &lines, &barriers);
    g_assert_cmpuint(lines, ==, 8);
    g_assert_cmpuint(barriers, ==, 4);
    feed_dropped(f, &lines, &barriers);
    g_assert_cmpuint(lines + barriers, ==, 0);
    line_is(f, "a", "0123456789", 0);
    line_is(f, "a", "0123456789", 1);
    g_assert_true(feed_pop(f, &item));
    feed_line(f, "a", "again", 5, vtime(20));
    line_is(f, "a", "again", 20);
}

static void test_long(void)
{
    g_autoptr(Feed) f = feed_new(1000);
    g_autofree char *text = g_strnfill(2000, 'x'), *half = g_strnfill(500, 'x');

    feed_line(f, "a", text, 2000, vtime(1));
    line_is(f, "a", half, 1);
}

#define MANY 20000

static gpointer fill(gpointer data)
{
    for (unsigned i = 0; i < MANY; i++)
        feed_line(data, "a", "0123456789", i % 11, vtime(i));
    return NULL;
}

/* Nothing is lost without being counted, and what comes is in order. */
static void test_threads(void)
{
    g_autoptr(Feed) f = feed_new(2000);
    GThread *thread = g_thread_new("fill", fill, f);
    uint64_t got = 0, lost = 0, lines, barriers;
    int64_t last = -1;
    FeedItem item;

    while (got + lost < MANY) {
        while (feed_pop(f, &item)) {
            g_assert_cmpint(item.at.ns, >, last);
            g_assert_cmpuint(item.size, ==, (gsize)(item.at.ns % 11));
            last = item.at.ns;
            got++;
        }
        feed_dropped(f, &lines, &barriers);
        lost += lines;
    }
    g_thread_join(thread);
    g_assert_cmpuint(got + lost, ==, MANY);
    g_assert_cmpuint(got, >, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/feed/order", test_order);
    g_test_add_func("/feed/wrap", test_wrap);
    g_test_add_func("/feed/full", test_full);
    g_test_add_func("/feed/long", test_long);
    g_test_add_func("/feed/threads", test_threads);
    return g_test_run();
}
