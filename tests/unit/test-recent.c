/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-recent.c: the last lines are there, whole and in order, whatever their lengths. */
#include "controller/base/recent.h"

#include <string.h>

static void line_is(const Recent *r, unsigned index, const char *text, int64_t at)
{
    RecentLine l = recent_line(r, index);
    g_autofree char *got = g_strndup(l.text, l.size);

    g_assert_cmpstr(got, ==, text);
    g_assert_cmpuint(l.cut, ==, 0);
    g_assert_cmpint(l.at.ns, ==, at);
}

static void test_few(void)
{
    g_autoptr(Recent) r = recent_new();

    g_assert_cmpuint(recent_count(r), ==, 0);
    recent_add(r, "one", 3, vtime(5));
    recent_add(r, "", 0, vtime(6));
    recent_add(r, "three", 5, vtime(6));
    g_assert_cmpuint(recent_count(r), ==, 3);
    g_assert_cmpuint(recent_left_out(r), ==, 0);
    line_is(r, 0, "one", 5);
    line_is(r, 1, "", 6);
    line_is(r, 2, "three", 6);
}

static void test_long_line(void)
{
    g_autoptr(Recent) r = recent_new();
    g_autofree char *text = g_strnfill(100000, 'x');

    recent_add(r, text, 100000, vtime(1));
    g_assert_cmpuint(recent_line(r, 0).size, ==, RECENT_LINE_BYTES);
    g_assert_cmpuint(recent_line(r, 0).cut, ==, 100000 - RECENT_LINE_BYTES);
}

static void test_empty_lines(void)
{
    g_autoptr(Recent) r = recent_new();

    for (int64_t i = 0; i < 100000; i++)
        recent_add(r, "", 0, vtime(i));
    g_assert_cmpuint(recent_count(r), ==, RECENT_LINES);
    line_is(r, RECENT_LINES - 1, "", 99999);
    line_is(r, 0, "", 100000 - RECENT_LINES);
}

/* Line i of a run is made of its number alone, so that each that is kept can be checked. */
static char *made(unsigned i, gsize most)
{
    gsize size = (i * 2654435761u >> 7) % (most + 1);
    char *text = g_malloc(size + 1);

    for (gsize k = 0; k < size; k++)
        text[k] = (char)('a' + (i + k) % 26);
    text[size] = '\0';
    return text;
}

static void test_ring(void)
{
    static const gsize most[] = {1, 10, 100, 700, RECENT_LINE_BYTES};

    for (unsigned m = 0; m < G_N_ELEMENTS(most); m++) {
        g_autoptr(Recent) r = recent_new();
        const unsigned n = 20000;

        for (unsigned i = 0; i < n; i++) {
            g_autofree char *text = made(i, most[m]);
            gsize bytes = 0;

            recent_add(r, text, strlen(text), vtime(i));
            g_assert_cmpuint(recent_left_out(r) + recent_count(r), ==, i + 1);
            if (i % 97 != 0 && i != n - 1)
                continue;
            for (unsigned k = 0; k < recent_count(r); k++) {
                unsigned number = i + 1 - recent_count(r) + k;
                g_autofree char *expected = made(number, most[m]);

                line_is(r, k, expected, number);
                bytes += strlen(expected);
            }
            /* No more is forgotten than has to be. */
            g_assert_true(recent_left_out(r) == 0 || recent_count(r) == RECENT_LINES ||
                          bytes + 3 * RECENT_LINE_BYTES > RECENT_BYTES - RECENT_LINES);
        }
    }
}

/* Saved and read over another one, it drops the same lines as the first from then on. */
static void test_saved(void)
{
    g_autoptr(Recent) a = recent_new(), b = recent_new();

    recent_add(b, "other", 5, vtime(1));
    for (unsigned i = 0; i < 1000; i++) {
        g_autoptr(GByteArray) saved = g_byte_array_new(), again = g_byte_array_new();
        g_autofree char *line = g_strnfill(i * 37 % 2300, 'x');
        Reader r;

        recent_add(a, line, strlen(line), vtime(i));
        if (i % 50 != 0)
            recent_add(b, line, strlen(line), vtime(i));
        recent_save(a, saved);
        if (i % 50 == 0) {
            r = reader_of(saved);
            recent_load(b, &r);
            g_assert_null(reader_problem(&r));
        }
        recent_save(b, again);
        g_assert_cmpmem(saved->data, saved->len, again->data, again->len);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/recent/few", test_few);
    g_test_add_func("/recent/long-line", test_long_line);
    g_test_add_func("/recent/empty-lines", test_empty_lines);
    g_test_add_func("/recent/ring", test_ring);
    g_test_add_func("/recent/saved", test_saved);
    return g_test_run();
}
