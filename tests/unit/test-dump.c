/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-dump.c: records of filter-dump, cut anywhere, and the virtual time of their stamps. */
#include "controller/qemu/dump.h"

#include <string.h>

static void append(GByteArray *out, int32_t sec, int32_t usec, uint32_t caplen, const void *frame)
{
    DumpHead head = {sec, usec, caplen, caplen};

    g_byte_array_append(out, (const uint8_t *)&head, sizeof(head));
    g_byte_array_append(out, frame, caplen);
}

static void test_records(void)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    const uint8_t *frame;
    DumpHead head;

    append(bytes, 5, 6, 3, "abc");
    append(bytes, 5, 7, 0, "");
    for (guint size = 0; size < sizeof(head) + 3; size++)
        g_assert_cmpint(dump_read(bytes->data, size, &head, &frame), ==, DUMP_PARTIAL);
    g_assert_cmpint(dump_read(bytes->data, bytes->len, &head, &frame), ==, DUMP_RECORD);
    g_assert_cmpmem(frame, head.caplen, "abc", 3);
    g_assert_cmpint(dump_read(frame + 3, sizeof(head), &head, &frame), ==, DUMP_RECORD);
    g_assert_cmpuint(head.caplen, ==, 0);
    g_assert_cmpint(head.usec, ==, 7);
}

static void test_broken(void)
{
    DumpHead head = {.caplen = DUMP_FRAME_MAX + 1};
    const uint8_t *frame;

    g_assert_cmpint(dump_read((uint8_t *)&head, sizeof(head), &head, &frame), ==, DUMP_BROKEN);
    head.caplen = UINT32_MAX;
    g_assert_cmpint(dump_read((uint8_t *)&head, sizeof(head), &head, &frame), ==, DUMP_BROKEN);
    head.caplen = DUMP_FRAME_MAX;
    g_assert_cmpint(dump_read((uint8_t *)&head, sizeof(head), &head, &frame), ==, DUMP_PARTIAL);
}

static void test_notes(void)
{
    uint8_t note[DUMP_NOTE_RECORD + 1] = {0};
    DumpHead head = {1, 2, DUMP_NOTE_PAYLOAD, 3000}, got;
    uint64_t sequence = 77, number = 0;

    memcpy(note, &head, sizeof(head));
    memcpy(note + sizeof(head), &sequence, sizeof(sequence));
    g_assert_true(dump_read_note(note, DUMP_NOTE_RECORD, 3000, &got, &number));
    g_assert_cmpuint(number, ==, 77);
    g_assert_cmpint(got.usec, ==, 2);
    g_assert_false(dump_read_note(note, DUMP_NOTE_RECORD, 2999, &got, &number));
    g_assert_false(dump_read_note(note, DUMP_NOTE_RECORD - 1, 3000, &got, &number));
    g_assert_false(dump_read_note(note, DUMP_NOTE_RECORD + 1, 3000, &got, &number));
    g_assert_false(dump_read_note(note, 0, 3000, &got, &number));
    note[8]++; /* caplen */
    g_assert_false(dump_read_note(note, DUMP_NOTE_RECORD, 3000, &got, &number));
}

/* The first stamp is within a second of what is known, whatever QEMU's start time is. */
static void test_times(void)
{
    static const int32_t starts[] = {0, 1, 1700000000, INT32_MAX - 3};

    for (unsigned i = 0; i < G_N_ELEMENTS(starts); i++) {
        for (int64_t at_us = 0; at_us < 3000000; at_us += 333333) {
            DumpHead first = {(int32_t)(starts[i] + at_us / 1000000), (int32_t)(at_us % 1000000), 0,
                              0};
            DumpHead next = {first.sec, first.usec + 1500000, 0, 0};
            DumpClock exact = {0}, early = {0};

            g_assert_cmpint(dump_time(&exact, &first, at_us), ==, at_us);
            g_assert_cmpint(dump_time(&early, &first, at_us - 999999), ==, at_us);
            g_assert_cmpint(dump_time(&exact, &next, 0), ==, at_us + 1500000);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dump/records", test_records);
    g_test_add_func("/dump/broken", test_broken);
    g_test_add_func("/dump/notes", test_notes);
    g_test_add_func("/dump/times", test_times);
    return g_test_run();
}
