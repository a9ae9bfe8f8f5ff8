/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-prompt.c: the prompt's text, which lines are repeated, and broken lines. */
#include "controller/base/wrap.h"
#include "controller/shell/prompt.h"
#include "controller/shell/repeat.h"

#include <glib.h>

static void test_states(void)
{
    g_assert_cmpstr(prompt_state(&(PromptPicture){0}), ==, "");
    g_assert_cmpstr(prompt_state(&(PromptPicture){.started = true}), ==, "paused");
    g_assert_cmpstr(prompt_state(&(PromptPicture){.live = 1}), ==, "paused");
    g_assert_cmpstr(prompt_state(&(PromptPicture){.started = true, .live = 1, .off = 1}), ==,
                    "paused");
    g_assert_cmpstr(prompt_state(&(PromptPicture){.started = true, .off = 2}), ==, "off");
    g_assert_cmpstr(prompt_state(&(PromptPicture){.started = true, .live = 1, .failed = 1}), ==,
                    "failed");
    g_assert_cmpstr(prompt_state(&(PromptPicture){.off = 1, .failed = 1}), ==, "failed");
    g_assert_cmpstr(
        prompt_state(&(PromptPicture){.started = true, .running = true, .live = 1, .failed = 1}),
        ==, "running");
}

static void text_is(const PromptPicture *picture, bool colour, const char *expected)
{
    g_autofree char *text = prompt_text(picture, vtime(1234000000), colour);

    g_assert_cmpstr(text, ==, expected);
}

static void test_text(void)
{
    const PromptPicture none = {0}, paused = {.started = true, .live = 1};

    text_is(&none, false, "metronome> ");
    text_is(&none, true, "metronome> ");
    text_is(&paused, false, "metronome 1.234000000s paused> ");
    text_is(&paused, true, "metronome 1.234000000s \001\033[32m\002paused\001\033[0m\002> ");
}

static void test_repeat(void)
{
    g_assert_true(repeat_allowed("barrier"));
    g_assert_true(repeat_allowed("  barrier 5 "));
    g_assert_true(repeat_allowed("ba 5; barr $n # and so on"));
    g_assert_true(repeat_allowed("barrier\nbarrier 2"));
    g_assert_false(repeat_allowed(""));
    g_assert_false(repeat_allowed("# barrier"));
    g_assert_false(repeat_allowed("b5"));
    g_assert_false(repeat_allowed("run 5ms"));
    g_assert_false(repeat_allowed("barrier; time"));
    g_assert_false(repeat_allowed("echo barrier"));
    g_assert_false(repeat_allowed("barrier 'open"));
}

static void wraps(const char *text, unsigned column, unsigned indent, unsigned width,
                  const char *expected)
{
    g_autofree char *wrapped = wrap_text(text, column, indent, width);

    g_assert_cmpstr(wrapped, ==, expected);
}

static void test_wrap(void)
{
    wraps("one two three", 0, 0, 0, "one two three");
    wraps("one two three", 0, 0, 13, "one two three");
    wraps("one two three", 0, 0, 12, "one two\nthree");
    wraps("one two three", 0, 2, 7, "one two\n  three");
    wraps("one two three", 4, 4, 8, "one\n    two\n    three");
    wraps("incomprehensible word", 0, 1, 5, "incomprehensible\n word");
    wraps("a\342\200\246b cd", 0, 0, 6, "a\342\200\246b cd");
    wraps("one two", 0, 9, 8, "one two");
    wraps("", 0, 0, 10, "");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/prompt/states", test_states);
    g_test_add_func("/prompt/text", test_text);
    g_test_add_func("/prompt/repeat", test_repeat);
    g_test_add_func("/prompt/wrap", test_wrap);
    return g_test_run();
}
