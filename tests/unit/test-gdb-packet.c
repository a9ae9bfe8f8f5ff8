/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-gdb-packet.c: framing and stop replies, without a socket. */
#include "gdbstub-client/packet.h"
#include "gdbstub-client/parse.h"

#include <string.h>

/* All tokens of the bytes, one character each and the text of packets after it. */
static char *tokens_of(const char *bytes, size_t len, size_t step)
{
    g_autoptr(GdbDecoder) decoder = gdb_decoder_new();
    GString *out = g_string_new(NULL);

    for (size_t at = 0; at < len; at += step) {
        size_t end = MIN(len, at + step);

        for (size_t used = at; used < end;) {
            GdbToken token;

            used += gdb_decoder_push(decoder, (const uint8_t *)bytes + used, end - used, &token);
            g_string_append_c(out, "_+-PBNI"[token.kind]);
            if (token.kind == GDB_TOKEN_NONE) {
                g_string_truncate(out, out->len - 1);
            }
            g_string_append_len(out, token.data, (gssize)token.len);
        }
    }
    g_string_append_printf(out, "|%d", (int)gdb_decoder_garbage(decoder));
    return g_string_free(out, FALSE);
}

static void check(const char *bytes, const char *expected)
{
    for (size_t step = 1; step <= strlen(bytes) + 1; step++) {
        g_autofree char *got = tokens_of(bytes, strlen(bytes), step);
        g_assert_cmpstr(got, ==, expected);
    }
}

static void test_frames(void)
{
    check("$OK#9a", "POK|0");
    check("+$#00", "+P|0");
    check("$OK#9A", "POK|0");
    check("+-\003", "+-I|0");
    check("$T05thread:p01.01;#06", "PT05thread:p01.01;|0");
    check("+$OK#9a$E14#aa-", "+POKPE14-|0");
    check("%Stop:T05#99", "NStop:T05|0");
}

static void test_damage(void)
{
    check("$OK#9b", "B|0");
    check("$OK#zz$OK#9a", "BPOK|0");
    check("xx$OK#9ayy", "POK|4");
    /* the end of the first frame was lost */
    check("$m400$OK#9a", "POK|5");
    check("%Stop:T05#00$OK#9a", "POK|8");
    check("$half", "|0");
}

static void test_escapes(void)
{
    check("$a}\003b#43", "Pa#b|0");
    check("$}#7d", "B|0");
    check("$0* #7a", "P0000|0");
    check("$0*\"1#ad", "P0000001|0");
    check("$* #4a", "B|0");
    check("$0*#5a", "B|0");
}

static void test_too_long(void)
{
    g_autofree char *body = g_strnfill(GDB_PACKET_MAX + 1, 'a');
    g_autoptr(GString) frame = g_string_new(NULL);

    gdb_packet_append(frame, body, GDB_PACKET_MAX + 1);
    g_string_append(frame, "$OK#9a");
    g_autofree char *got = tokens_of(frame->str, frame->len, 4096);
    g_assert_cmpstr(got, ==, "BPOK|0");
}

static void test_encode(void)
{
    g_autoptr(GString) out = g_string_new(NULL);
    uint8_t bytes[256];

    gdb_packet_append(out, "vCont;s", 7);
    g_assert_cmpstr(out->str, ==, "$vCont;s#b8");
    for (int i = 0; i < 256; i++) {
        bytes[i] = (uint8_t)i;
    }
    g_string_truncate(out, 0);
    gdb_packet_append(out, bytes, sizeof(bytes));

    g_autoptr(GdbDecoder) decoder = gdb_decoder_new();
    GdbToken token;
    g_assert_cmpuint(gdb_decoder_push(decoder, (uint8_t *)out->str, out->len, &token), ==,
                     out->len);
    g_assert_cmpint(token.kind, ==, GDB_TOKEN_PACKET);
    g_assert_cmpmem(token.data, token.len, bytes, sizeof(bytes));
}

static void test_hex(void)
{
    uint8_t bytes[2] = {1, 2};
    g_autoptr(GString) out = g_string_new(NULL);

    g_assert_false(gdb_hex_decode("0g12", 4, bytes, 2));
    g_assert_false(gdb_hex_decode("012", 3, bytes, 2));
    g_assert_false(gdb_hex_decode("01", 2, bytes, 2));
    g_assert_cmpint(bytes[0], ==, 1);
    g_assert_true(gdb_hex_decode("fF1a", 4, bytes, 2));
    gdb_hex_append(out, bytes, 2);
    g_assert_cmpstr(out->str, ==, "ff1a");
}

static void test_stops(void)
{
    GdbStop stop;

    g_assert_true(gdb_stop_parse("S05", &stop));
    g_assert_cmpint(stop.code, ==, GDB_SIGNAL_TRAP);
    g_assert_false(stop.has_thread);

    g_assert_true(gdb_stop_parse("T02thread:p01.0a;", &stop));
    g_assert_cmpint(stop.code, ==, GDB_SIGNAL_INT);
    g_assert_true(stop.has_thread);
    g_assert_cmpint(stop.thread.pid, ==, 1);
    g_assert_cmpint(stop.thread.tid, ==, 10);
    g_assert_cmpint(stop.watch, ==, GDB_WATCH_NONE);

    g_assert_true(gdb_stop_parse("T05thread:01;rwatch:ffff000040001000;", &stop));
    g_assert_cmpint(stop.thread.pid, ==, 0);
    g_assert_cmpint(stop.watch, ==, GDB_WATCH_READ);
    g_assert_cmphex(stop.address, ==, 0xffff000040001000);
    g_assert_true(gdb_stop_parse("T05watch:10;", &stop));
    g_assert_cmpint(stop.watch, ==, GDB_WATCH_WRITE);
    g_assert_true(gdb_stop_parse("T05awatch:10;20:00ff;swbreak:;", &stop));
    g_assert_cmpint(stop.watch, ==, GDB_WATCH_ACCESS);

    g_assert_true(gdb_stop_parse("W00", &stop));
    g_assert_cmpint(stop.kind, ==, GDB_STOP_EXITED);
    g_assert_true(gdb_stop_parse("X09;process:1", &stop));
    g_assert_cmpint(stop.kind, ==, GDB_STOP_KILLED);
    g_assert_cmpint(stop.code, ==, 9);
}

static void test_no_stops(void)
{
    static const char *const bad[] = {
        "",           "OK",          "E01",          "T",      "T0",   "Txx",
        "T05xyz",     "T05thread:;", "T05watch:zz;", "S05abc", "W00x", "T05thread:1 2",
        "SUPPORTED=1"};
    GdbStop stop = {.code = 77};

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_false(gdb_stop_parse(bad[i], &stop));
    }
    g_assert_cmpint(stop.code, ==, 77);
}

static void test_threads(void)
{
    GdbThread thread;
    const char *end;
    static const char *const texts[] = {"p1.1", "p2.-1", "1f", "-1"};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_assert_true(gdb_thread_parse(texts[i], &end, &thread));
        g_autofree char *back = gdb_thread_format(&thread);
        g_assert_cmpstr(back, ==, texts[i]);
        g_assert_cmpstr(end, ==, "");
    }
    g_assert_true(gdb_thread_parse("p3,", &end, &thread));
    g_assert_cmpint(thread.tid, ==, -1);
    g_assert_cmpstr(end, ==, ",");
    g_assert_false(gdb_thread_parse("p.1", &end, &thread));
    g_assert_false(gdb_thread_parse("ffffffffffffffffff", &end, &thread));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gdb/packet/frames", test_frames);
    g_test_add_func("/gdb/packet/damage", test_damage);
    g_test_add_func("/gdb/packet/escapes", test_escapes);
    g_test_add_func("/gdb/packet/too-long", test_too_long);
    g_test_add_func("/gdb/packet/encode", test_encode);
    g_test_add_func("/gdb/packet/hex", test_hex);
    g_test_add_func("/gdb/stop/good", test_stops);
    g_test_add_func("/gdb/stop/bad", test_no_stops);
    g_test_add_func("/gdb/thread", test_threads);
    return g_test_run();
}
