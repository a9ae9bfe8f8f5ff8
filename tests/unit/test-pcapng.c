/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-pcapng.c: blocks byte by byte, and what tshark and capinfos read in a capture. */
#include "controller/network/pcapng.h"

#include <glib/gstdio.h>
#include <string.h>

static uint32_t word(const GByteArray *bytes, size_t at)
{
    uint32_t v;

    g_assert_cmpuint(at + 4, <=, bytes->len);
    memcpy(&v, bytes->data + at, sizeof(v));
    return GUINT32_FROM_LE(v);
}

/* Hexadecimal digits, blanks left out. */
static void bytes_are(const GByteArray *bytes, const char *hex)
{
    g_autoptr(GString) text = g_string_new(NULL), expected = g_string_new(NULL);

    for (unsigned i = 0; i < bytes->len; i++)
        g_string_append_printf(text, "%02x", bytes->data[i]);
    for (; *hex; hex++)
        if (*hex != ' ')
            g_string_append_c(expected, *hex);
    g_assert_cmpstr(text->str, ==, expected->str);
}

static void test_section(void)
{
    g_autoptr(GByteArray) out = g_byte_array_new();

    pcapng_section(out, NULL);
    bytes_are(out, "0a0d0d0a 20000000 4d3c2b1a 01000000 ffffffffffffffff 00000000 20000000");
    g_byte_array_set_size(out, 0);
    pcapng_section(out, "tests");
    bytes_are(out, "0a0d0d0a 2c000000 4d3c2b1a 01000000 ffffffffffffffff"
                   "0400 0500 7465737473 000000 00000000 2c000000");
}

static void test_interface(void)
{
    g_autoptr(GByteArray) out = g_byte_array_new();

    pcapng_interface(out, PCAPNG_ETHERNET, "a.1", "52:54");
    bytes_are(out, "01000000 34000000 0100 0000 00000000"
                   "0200 0300 612e31 00 0300 0500 35323a3534 000000 0900 0100 09 000000"
                   "00000000 34000000");
    g_byte_array_set_size(out, 0);
    pcapng_interface(out, PCAPNG_LINE, "port", NULL);
    bytes_are(out, "01000000 28000000 9300 0000 00000000"
                   "0200 0400 706f7274 0900 0100 09 000000 00000000 28000000");
}

static void test_packet(void)
{
    static const uint8_t frame[] = {1, 2, 3, 4, 5};
    g_autoptr(GByteArray) out = g_byte_array_new();

    pcapng_packet(out, 2, vtime(INT64_C(0x123456789)), frame, 5, PCAPNG_OUTBOUND, "due");
    bytes_are(out, "06000000 3c000000 02000000 01000000 89674523 05000000 05000000"
                   "0102030405 000000 0200 0400 02000000 0100 0300 647565 00 00000000 3c000000");
    g_byte_array_set_size(out, 0);
    pcapng_packet(out, 0, vtime(0), frame, 4, PCAPNG_NO_DIRECTION, NULL);
    bytes_are(out, "06000000 24000000 00000000 00000000 00000000 04000000 04000000"
                   "01020304 24000000");
}

static void test_name(void)
{
    g_autoptr(GByteArray) out = g_byte_array_new();

    pcapng_name_ipv4(out, (const uint8_t[]){10, 0, 0, 1}, "ab");
    bytes_are(out, "04000000 1c000000 0100 0700 0a000001 616200 00 00000000 1c000000");
}

static void test_classic(void)
{
    static const uint8_t frame[] = {1, 2, 3, 4, 5};
    g_autoptr(GByteArray) out = g_byte_array_new();

    pcap_header(out);
    bytes_are(out, "4d3cb2a1 0200 0400 00000000 00000000 00000400 01000000");
    g_byte_array_set_size(out, 0);
    pcap_packet(out, vtime(INT64_C(4294967295999999999)), frame, sizeof(frame));
    bytes_are(out, "ffffffff ffc99a3b 05000000 05000000 0102030405");
}

/* An option holds 65535 bytes; no character is cut in two. */
static void test_long_comment(void)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    g_autofree char *comment = g_strnfill(65534, 'x');
    g_autofree char *longer = g_strconcat(comment, "\xc3\xa9y", NULL);

    pcapng_packet(out, 0, vtime(0), "", 0, PCAPNG_NO_DIRECTION, longer);
    g_assert_cmpuint(word(out, 28), ==, 65534u << 16 | 1);
    g_assert_cmpuint(out->len, ==, 28 + 4 + 65536 + 4 + 4);
    g_byte_array_set_size(out, 0);
    g_free(g_steal_pointer(&longer));
    longer = g_strnfill(100000, 'x');
    pcapng_packet(out, 0, vtime(0), "", 0, PCAPNG_NO_DIRECTION, longer);
    g_assert_cmpuint(word(out, 28), ==, 65535u << 16 | 1);
    g_assert_cmpuint(word(out, 4), ==, out->len);
    g_assert_cmpuint(word(out, out->len - 4), ==, out->len);
}

/* An ARP request, broadcast. */
static const uint8_t arp[42] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0,  6, 4, 0,
    1,    0x52, 0x54, 0,    0,    0,    1,    10,   0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2};

static char *example_capture(void)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    g_autoptr(GError) error = NULL;
    char *path;
    int fd = g_file_open_tmp("test-pcapng-XXXXXX.pcapng", &path, &error);

    g_assert_no_error(error);
    g_close(fd, NULL);
    pcapng_section(out, "metronome");
    pcapng_interface(out, PCAPNG_ETHERNET, "a", "node a, 52:54:00:00:00:01");
    pcapng_interface(out, PCAPNG_ETHERNET, "b", NULL);
    pcapng_name_ipv4(out, (const uint8_t[]){10, 0, 0, 1}, "node-a");
    pcapng_packet(out, 0, vtime(INT64_C(1234567891)), arp, sizeof(arp), PCAPNG_OUTBOUND, NULL);
    pcapng_packet(out, 1, vtime(INT64_C(1236000000)), arp, sizeof(arp), PCAPNG_INBOUND,
                  "due 1.235567891s");
    g_assert_true(g_file_set_contents(path, (const char *)out->data, out->len, &error));
    g_assert_no_error(error);
    return path;
}

/* What a program prints about the capture; the error stream is left alone. */
static char *output_of(const char *const *argv)
{
    char *text = NULL;
    int status = -1;
    g_autoptr(GError) error = NULL;

    if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
                      NULL, NULL, &text, NULL, &status, &error))
        g_error("%s: 'scripts/setup check' installs it", error->message);
    g_assert_true(g_spawn_check_wait_status(status, &error));
    g_assert_no_error(error);
    return text;
}

static void tshark_reads(const char *path, const char *filter, const char *expected)
{
    const char *argv[] = {"tshark",
                          "-r",
                          path,
                          "-Y",
                          filter,
                          "-T",
                          "fields",
                          "-e",
                          "frame.time_epoch",
                          "-e",
                          "frame.interface_name",
                          "-e",
                          "frame.interface_description",
                          "-e",
                          "frame.comment",
                          "-e",
                          "frame.len",
                          "-e",
                          "arp.dst.proto_ipv4",
                          NULL};
    g_autofree char *text = output_of(argv);

    g_assert_cmpstr(text, ==, expected);
}

/* Directions are asked for, since versions print them differently. */
static void test_tshark(void)
{
    g_autofree char *path = example_capture();

    tshark_reads(path, "frame.packet_flags_direction == 2",
                 "1.234567891\ta\tnode a, 52:54:00:00:00:01\t\t42\t10.0.0.2\n");
    tshark_reads(path, "frame.packet_flags_direction == 1",
                 "1.236000000\tb\t\tdue 1.235567891s\t42\t10.0.0.2\n");
    g_unlink(path);
}

static void test_capinfos(void)
{
    g_autofree char *path = example_capture();
    const char *argv[] = {"capinfos", "-M", path, NULL};
    g_autofree char *text = output_of(argv);
    static const char *const lines[] = {"pcapng",
                                        "Ethernet",
                                        "nanosecond",
                                        "Number of packets:   2",
                                        "Number of interfaces in file: 2",
                                        "Name = a",
                                        "Name = b",
                                        "Time precision = nanoseconds (9)"};

    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++)
        if (!strstr(text, lines[i]))
            g_error("capinfos does not say '%s': %s", lines[i], text);
    g_unlink(path);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pcapng/section", test_section);
    g_test_add_func("/pcapng/interface", test_interface);
    g_test_add_func("/pcapng/packet", test_packet);
    g_test_add_func("/pcapng/name", test_name);
    g_test_add_func("/pcapng/long-comment", test_long_comment);
    g_test_add_func("/pcapng/classic", test_classic);
    g_test_add_func("/pcapng/tshark", test_tshark);
    g_test_add_func("/pcapng/capinfos", test_capinfos);
    return g_test_run();
}
