/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-qmp-codec.c: the QMP codec alone.
 *
 * Every accepted stream is also fed byte by byte: the messages must not depend on the reads.
 */
#include "qmp/codec.h"
#include "qmp/qmp.h"
#include <string.h>

/* Feeds `text` in pieces of `step` bytes; returns the messages, one a line. */
static char *decode(const char *text, size_t length, size_t step, size_t max, GError **error)
{
    g_autoptr(QmpCodec) codec = qmp_codec_new(max);
    g_autoptr(GString) lines = g_string_new(NULL);
    json_object *message;

    for (size_t at = 0; at < length; at += step)
        if (!qmp_codec_feed(codec, text + at, MIN(step, length - at), error))
            break;
    while ((message = qmp_codec_next(codec)) != NULL) {
        g_string_append_printf(lines, "%s\n", qmp_json_text(message));
        json_object_put(message);
    }
    return g_string_free(g_steal_pointer(&lines), FALSE);
}

static void expect(const char *text, const char *lines)
{
    for (size_t step = 1; step <= strlen(text); step++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *got = decode(text, strlen(text), step, QMP_CODEC_MAX_MESSAGE, &error);

        g_assert_no_error(error);
        g_assert_cmpstr(got, ==, lines);
    }
}

static void expect_rejected(const char *bytes, size_t length, size_t max, const char *lines,
                            const char *message)
{
    for (size_t step = 1; step <= length; step++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *got = decode(bytes, length, step, max, &error);

        g_assert_error(error, QMP_ERROR, QMP_ERROR_PROTOCOL);
        g_assert_cmpstr(got, ==, lines);
        if (step == length && message)
            g_assert_cmpstr(error->message, ==, message);
    }
}

static void test_messages(void)
{
    expect("{}", "{}\n");
    expect("\r\n \t{\"return\": {}, \"id\": 1}\r\n", "{\"return\":{},\"id\":1}\n");
    expect("{\"a\":1}{\"b\":2}\r\n{\"c\":3}", "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n");
    expect("", "");
    expect(" \r\n", "");
}

static void test_values(void)
{
    expect("{\"n\":[0,-1,9223372036854775807,18446744073709551615,1.5,-2e3,null,true,false]}",
           "{\"n\":[0,-1,9223372036854775807,18446744073709551615,1.5,-2e3,null,true,false]}\n");
    expect("{\"s\":\"}{\\\"\\\\ \\u00e9 \\ud83d\\ude00 \xc3\xa9 /\"}",
           "{\"s\":\"}{\\\"\\\\ \xc3\xa9 \xf0\x9f\x98\x80 \xc3\xa9 /\"}\n");
}

static void test_garbage(void)
{
#define REJECTED(text, lines, message)                                                             \
    expect_rejected(text, sizeof(text) - 1, QMP_CODEC_MAX_MESSAGE, lines, message)
    REJECTED("SSH-2.0-OpenSSH_9.2\r\n", "",
             "not QMP: expected a JSON object at byte 0: 'SSH-2.0-OpenSSH_9.2\\r\\n'");
    REJECTED("{\"a\":1}\r\n(qemu) ", "{\"a\":1}\n",
             "not QMP: expected a JSON object at byte 9: '(qemu) '");
    REJECTED("[1]", "", "not QMP: expected a JSON object at byte 0: '[1]'");
    REJECTED("{}}", "{}\n", "not QMP: expected a JSON object at byte 2: '}'");
    REJECTED("{\"a\":1,}", "", NULL);
    REJECTED("{\"a\" 1}", "", NULL);
    REJECTED("{\"a\":'b'}", "", NULL);
    REJECTED("{\"a\":tru}", "", NULL);
    REJECTED("{/* no */}", "", NULL);
    REJECTED("{\"a\":[1}}", "", NULL);
    REJECTED("{\"a\":'}'}", "", NULL);
    REJECTED("{\"b\":--1}", "", NULL); /* json-c 0.16: a sign by itself may be followed by more */
    REJECTED("{\"b\":1-1}", "", NULL);
    REJECTED("{\"b\":1e+-1}", "", NULL);
    REJECTED("{\"b\":\"\xc3\"}", "", NULL);
    REJECTED("{\"b\":\"\\\xc3\xa9\"}", "", NULL);
    REJECTED("{\"b\":\"\\u00\xc3\xa9\"}", "", NULL);
    REJECTED("{\"b\":\xc3\xa9}", "", NULL);
    REJECTED("{\"\xc3\xa9\":'b'}", "", NULL);
    REJECTED("{\"\xc3\xa9\":1,}", "", NULL);
    REJECTED("{\"a\":\0"
             "1}",
             "", "not QMP: a NUL byte at byte 5: ''");
    REJECTED("\0{}", "", NULL);
#undef REJECTED
}

static void test_depth(void)
{
    g_autoptr(GString) text = g_string_new("{\"a\":");

    for (int i = 0; i < 300; i++)
        g_string_append_c(text, '[');
    expect_rejected(text->str, text->len, QMP_CODEC_MAX_MESSAGE, "", NULL);
}

/* A message may be as long as the limit and not a byte longer; each message has its own count. */
static void test_size_limit(void)
{
    static const char two[] = "{\"a\":1} {\"b\":2}";
    static const char longer[] = "{\"a\":1} {\"b\":22}";
    g_autofree char *got = decode(two, strlen(two), 1, 7, NULL);

    g_assert_cmpstr(got, ==, "{\"a\":1}\n{\"b\":2}\n");
    expect_rejected(longer, strlen(longer), 7, "{\"a\":1}\n", NULL);
}

static void test_error_sticks(void)
{
    g_autoptr(QmpCodec) codec = qmp_codec_new(QMP_CODEC_MAX_MESSAGE);
    g_autoptr(GError) first = NULL;
    g_autoptr(GError) again = NULL;

    g_assert_false(qmp_codec_feed(codec, "?", 1, &first));
    g_assert_false(qmp_codec_feed(codec, "{}", 2, &again));
    g_assert_cmpstr(first->message, ==, again->message);
    g_assert_false(qmp_codec_feed(codec, NULL, 0, NULL));
    g_assert_null(qmp_codec_next(codec));
}

static void test_in_message(void)
{
    g_autoptr(QmpCodec) codec = qmp_codec_new(QMP_CODEC_MAX_MESSAGE);

    g_assert_false(qmp_codec_in_message(codec));
    g_assert_true(qmp_codec_feed(codec, "\n{\"a\"", 5, NULL));
    g_assert_true(qmp_codec_in_message(codec));
    g_assert_false(qmp_codec_has_next(codec));
    g_assert_true(qmp_codec_feed(codec, ":1}", 3, NULL));
    g_assert_false(qmp_codec_in_message(codec));
    g_assert_true(qmp_codec_has_next(codec)); /* left here: free must take it */
}

static void test_json_text(void)
{
    static const char *const good[] = {"{}",   "[1,2]",  "-7",           "1.5",         "true",
                                       "null", "\"/x\"", "\"\xc3\xa9\"", " {\"a\":{}} "};
    static const char *const bad[] = {
        "",        " ",  "{",        "{} {}",          "nope",     "'a'", "1 2",
        "{\"a\"}", "[1", "\"\xc3\"", "\"\\\xc3\xa9\"", "\xc3\xa9", "NaN", "{\"a\": [1, -Infinity]}",
        "[1e999]"};

    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(json_object) value = NULL;
        g_autofree char *stripped = g_strstrip(g_strdup(good[i]));

        g_assert_true(qmp_json_parse(good[i], &value, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(qmp_json_text(value), ==, stripped);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        json_object *untouched = (json_object *)bad;

        g_assert_false(qmp_json_parse(bad[i], &untouched, &error));
        g_assert_error(error, QMP_ERROR, QMP_ERROR_ARGUMENT);
        g_assert_true(untouched == (json_object *)bad);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qmp/codec/messages", test_messages);
    g_test_add_func("/qmp/codec/values", test_values);
    g_test_add_func("/qmp/codec/garbage", test_garbage);
    g_test_add_func("/qmp/codec/depth", test_depth);
    g_test_add_func("/qmp/codec/size-limit", test_size_limit);
    g_test_add_func("/qmp/codec/error-sticks", test_error_sticks);
    g_test_add_func("/qmp/codec/in-message", test_in_message);
    g_test_add_func("/qmp/codec/json-text", test_json_text);
    return g_test_run();
}
