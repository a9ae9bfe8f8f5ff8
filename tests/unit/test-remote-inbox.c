/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-remote-inbox.c: a stream cut into messages: where reads end changes nothing, and what no
 * message begins with is refused.
 */
#include "controller/remote/message.h"

#include <string.h>

static void feed(Inbox *in, const uint8_t *data, gsize size)
{
    uint8_t *room = inbox_room(in, size);

    if (size > 0)
        memcpy(room, data, size);
    inbox_filled(in, size);
}

static void put_message(GByteArray *out, uint8_t type, const void *data, gsize size)
{
    gsize begun = message_begin(out, type);

    g_byte_array_append(out, data, (guint)size);
    message_end(out, begun);
}

/* Three messages, one of them without fields. */
static GByteArray *three(void)
{
    GByteArray *out = g_byte_array_new();

    put_message(out, 3, "hello", 5);
    put_message(out, 255, "", 0);
    put_message(out, 1, "\0\1\2\3", 4);
    return out;
}

/* Appends what has come to a log. */
static void take_all(Inbox *in, GString *log)
{
    g_autoptr(GError) error = NULL;
    uint8_t type;
    Reader r;

    for (;;) {
        g_assert_true(inbox_next(in, &type, &r, &error));
        g_assert_no_error(error);
        if (type == 0)
            return;
        g_assert_false(r.bad);
        g_string_append_printf(log, "%u:", type);
        while (r.at < r.end)
            g_string_append_printf(log, " %02x", get_u8(&r));
        g_string_append_c(log, ';');
    }
}

#define THREE "3: 68 65 6c 6c 6f;255:;1: 00 01 02 03;"

static void test_whole(void)
{
    g_autoptr(GByteArray) stream = three();
    g_autoptr(GString) log = g_string_new(NULL);
    Inbox *in = inbox_new();

    take_all(in, log); /* nothing has come yet */
    feed(in, stream->data, stream->len);
    take_all(in, log);
    take_all(in, log);
    g_assert_cmpstr(log->str, ==, THREE);
    inbox_free(in);
}

/* Every way to cut the stream into three reads, messages taken after each one. */
static void test_every_split(void)
{
    g_autoptr(GByteArray) stream = three();

    for (gsize a = 0; a <= stream->len; a++) {
        for (gsize b = a; b <= stream->len; b++) {
            g_autoptr(GString) log = g_string_new(NULL);
            Inbox *in = inbox_new();

            feed(in, stream->data, a);
            take_all(in, log);
            feed(in, stream->data + a, b - a);
            take_all(in, log);
            feed(in, stream->data + b, stream->len - b);
            take_all(in, log);
            g_assert_cmpstr(log->str, ==, THREE);
            inbox_free(in);
        }
    }
}

/* Each byte alone; what is not all there yet is no message. */
static void test_byte_by_byte(void)
{
    g_autoptr(GByteArray) stream = three();
    g_autoptr(GString) log = g_string_new(NULL);
    Inbox *in = inbox_new();

    for (gsize i = 0; i < stream->len; i++) {
        g_assert_cmpuint(log->len, ==, i < 10 ? 0 : i < 15 ? 18 : 23);
        memcpy(inbox_room(in, 4096), stream->data + i, 1); /* more room than is filled */
        inbox_filled(in, 1);
        take_all(in, log);
    }
    g_assert_cmpstr(log->str, ==, THREE);
    inbox_free(in);
}

/* The fields of all messages of one read stay where they are while the later ones are taken. */
static void test_memory_stays(void)
{
    g_autoptr(GByteArray) stream = three();
    Inbox *in = inbox_new();
    Reader r[3];
    uint8_t type;

    feed(in, stream->data, stream->len);
    for (unsigned i = 0; i < 3; i++)
        g_assert_true(inbox_next(in, &type, &r[i], NULL));
    g_assert_cmpmem(r[0].at, (gsize)(r[0].end - r[0].at), "hello", 5);
    g_assert_true(r[1].at == r[1].end);
    g_assert_cmpmem(r[2].at, (gsize)(r[2].end - r[2].at), "\0\1\2\3", 4);
    inbox_free(in);
}

/* Room for more bytes leaves those of the message that has not come whole. */
static void test_room_keeps_rest(void)
{
    g_autoptr(GByteArray) stream = g_byte_array_new();
    g_autofree uint8_t *big = g_malloc(300000);
    Inbox *in = inbox_new();
    uint8_t type;
    Reader r;

    for (gsize i = 0; i < 300000; i++)
        big[i] = (uint8_t)(i * 7 + i / 251);
    put_message(stream, 9, "first", 5);
    put_message(stream, 10, big, 300000);
    feed(in, stream->data, 20);
    g_assert_true(inbox_next(in, &type, &r, NULL));
    g_assert_cmpuint(type, ==, 9);
    for (gsize at = 20; at < stream->len; at += 65536) {
        g_assert_true(inbox_next(in, &type, &r, NULL));
        g_assert_cmpuint(type, ==, 0);
        feed(in, stream->data + at, MIN(65536, stream->len - at));
    }
    g_assert_true(inbox_next(in, &type, &r, NULL));
    g_assert_cmpuint(type, ==, 10);
    g_assert_cmpmem(r.at, (gsize)(r.end - r.at), big, 300000);
    inbox_free(in);
}

/* A header that no message begins with; the type at the end of what came. */
static void check_refused(uint32_t length, uint8_t type, const char *message)
{
    g_autoptr(GByteArray) stream = g_byte_array_new();
    g_autoptr(GError) error = NULL;
    Inbox *in = inbox_new();
    uint8_t got = 77;
    Reader r;

    put_message(stream, 5, "good", 4);
    put_u32(stream, length);
    put_u8(stream, type);
    feed(in, stream->data, stream->len);
    g_assert_true(inbox_next(in, &got, &r, &error));
    g_assert_cmpuint(got, ==, 5);
    g_assert_false(inbox_next(in, &got, &r, &error));
    g_assert_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_cmpuint(got, ==, 0);
    g_clear_error(&error);
    feed(in, (const uint8_t *)"\1\0\0\0\1", 5);
    g_assert_false(inbox_next(in, &got, &r, &error)); /* nothing good can follow it */
    g_assert_nonnull(error);
    inbox_free(in);
}

static void test_refused(void)
{
    check_refused(0, 1, "what came is no message: length 0, type 1");
    check_refused(1, 0, "what came is no message: length 1, type 0");
    check_refused(CODEC_MAX_BYTES + 1, 1, "what came is no message: length 268435457, type 1");
    check_refused(UINT32_MAX, 200, "what came is no message: length 4294967295, type 200");
}

static void test_longest(void)
{
    g_autoptr(GByteArray) stream = g_byte_array_new();
    g_autoptr(GError) error = NULL;
    Inbox *in = inbox_new();
    uint8_t type = 77;
    Reader r;

    put_u32(stream, CODEC_MAX_BYTES);
    put_u8(stream, 1);
    feed(in, stream->data, stream->len);
    g_assert_true(inbox_next(in, &type, &r, &error)); /* it may still come */
    g_assert_cmpuint(type, ==, 0);
    inbox_free(in);
}

/* What is wrong with the fields of a message is told with the message's name. */
static void test_done(void)
{
    static const uint8_t bytes[] = {1, 2};
    g_autoptr(GError) left = NULL, missing = NULL;
    Reader r = {bytes, bytes + sizeof(bytes), false};

    get_u8(&r);
    g_assert_false(reader_done(&r, "news", &left));
    g_assert_error(left, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL);
    g_assert_cmpstr(left->message, ==, "a message 'news' is malformed: it has bytes left over");
    get_u32(&r);
    g_assert_false(reader_done(&r, "segment", &missing));
    g_assert_error(missing, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL);
    g_assert_cmpstr(missing->message, ==, "a message 'segment' is malformed: it is too short");
    r = (Reader){bytes, bytes, false};
    g_assert_true(reader_done(&r, "none", NULL));
}

static void test_free_null(void)
{
    inbox_free(NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/remote/inbox/whole", test_whole);
    g_test_add_func("/remote/inbox/every-split", test_every_split);
    g_test_add_func("/remote/inbox/byte-by-byte", test_byte_by_byte);
    g_test_add_func("/remote/inbox/memory-stays", test_memory_stays);
    g_test_add_func("/remote/inbox/room-keeps-rest", test_room_keeps_rest);
    g_test_add_func("/remote/inbox/refused", test_refused);
    g_test_add_func("/remote/inbox/longest", test_longest);
    g_test_add_func("/remote/inbox/done", test_done);
    g_test_add_func("/remote/inbox/free-null", test_free_null);
    return g_test_run();
}
