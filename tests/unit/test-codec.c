/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-codec.c: numbers and texts as bytes and back.
 *
 * What is read lies in memory of exactly its size, so that a sanitizer sees a read beyond it.
 */
#include "controller/base/codec.h"

#include <string.h>

/* --- fields --- */

typedef struct {
    uint8_t *bytes;
    gsize size;
    Reader r;
} Exact;

static void exact_init(Exact *e, const void *data, gsize size)
{
    e->bytes = g_malloc(MAX(size, 1));
    e->size = size;
    if (size > 0)
        memcpy(e->bytes, data, size);
    e->r = (Reader){e->bytes, e->bytes + size, false};
}

static void exact_clear(Exact *e)
{
    g_assert_true(e->r.at >= e->bytes && e->r.at <= e->bytes + e->size);
    g_assert_true(e->r.end == e->bytes + e->size);
    g_free(e->bytes);
}

static void test_numbers(void)
{
    static const uint64_t numbers[] = {
        0,         1,         0x7f,       0x80,      0xff,
        0x1234,    INT32_MAX, UINT32_MAX, INT64_MAX, (uint64_t)INT64_MIN,
        UINT64_MAX};
    g_autoptr(GByteArray) out = g_byte_array_new();
    Exact e;

    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
        put_u8(out, (uint8_t)numbers[i]);
        put_u32(out, (uint32_t)numbers[i]);
        put_u64(out, numbers[i]);
        put_i64(out, (int64_t)numbers[i]);
    }
    g_assert_cmpuint(out->len, ==, G_N_ELEMENTS(numbers) * (1 + 4 + 8 + 8));
    exact_init(&e, out->data, out->len);
    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_assert_cmpuint(get_u8(&e.r), ==, (uint8_t)numbers[i]);
        g_assert_cmpuint(get_u32(&e.r), ==, (uint32_t)numbers[i]);
        g_assert_cmpuint(get_u64(&e.r), ==, numbers[i]);
        g_assert_cmpint(get_i64(&e.r), ==, (int64_t)numbers[i]);
    }
    g_assert_null(reader_problem(&e.r));
    exact_clear(&e);
}

/* Hosts may differ in how they store numbers; the bytes may not. */
/* Naturals take as few bytes as they need; more bytes than that are none. */
static void test_naturals(void)
{
    static const struct {
        uint64_t value;
        gsize size;
    } numbers[] = {{0, 1},          {1, 1},         {127, 1},
                   {128, 2},        {16383, 2},     {16384, 3},
                   {UINT32_MAX, 5}, {INT64_MAX, 9}, {UINT64_C(1) << 63, 10},
                   {UINT64_MAX, 10}};
    static const struct {
        const char *bytes;
        gsize size;
    } wrong[] = {{"\x80", 1},
                 {"\x80\x00", 2},
                 {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10},
                 {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 11}};
    Exact e;

    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autoptr(GByteArray) out = g_byte_array_new();

        put_natural(out, numbers[i].value);
        g_assert_cmpuint(out->len, ==, numbers[i].size);
        exact_init(&e, out->data, out->len);
        g_assert_cmpuint(get_natural(&e.r), ==, numbers[i].value);
        g_assert_null(reader_problem(&e.r));
        exact_clear(&e);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        exact_init(&e, wrong[i].bytes, wrong[i].size);
        g_assert_cmpuint(get_natural(&e.r), ==, 0);
        g_assert_true(e.r.bad);
        exact_clear(&e);
    }
}

static void test_counts(void)
{
    const struct {
        uint64_t a, b, c;
    } counts = {1, UINT64_MAX, 3};
    g_autoptr(GByteArray) out = g_byte_array_new();
    uint64_t read[3];
    Exact e;

    put_counts(out, &counts, sizeof(counts));
    put_flag(out, true);
    put_time(out, vtime(-7));
    exact_init(&e, out->data, out->len);
    get_counts(&e.r, read, sizeof(read));
    g_assert_cmpmem(read, sizeof(read), &counts, sizeof(counts));
    g_assert_true(get_flag(&e.r));
    g_assert_cmpint(get_time(&e.r).ns, ==, -7);
    g_assert_null(reader_problem(&e.r));
    exact_clear(&e);
    g_byte_array_set_size(out, 0);
    put_u64(out, INT64_MAX);
    put_u64(out, (uint64_t)INT64_MAX + 1);
    exact_init(&e, out->data, out->len);
    g_assert_cmpuint(get_number(&e.r), ==, INT64_MAX);
    g_assert_false(e.r.bad);
    get_number(&e.r);
    g_assert_true(e.r.bad);
    exact_clear(&e);
    exact_init(&e, out->data, out->len);
    reader_demand(&e.r, true);
    g_assert_false(e.r.bad);
    reader_demand(&e.r, false);
    reader_demand(&e.r, true);
    g_assert_true(e.r.bad);
    exact_clear(&e);
}

static void test_byte_order(void)
{
    static const uint8_t expected[] = {0x01, 0x05, 0x04, 0x03, 0x02, 0x0d, 0x0c, 0x0b, 0x0a,
                                       0x09, 0x08, 0x07, 0x06, 0xfe, 0xff, 0xff, 0xff, 0xff,
                                       0xff, 0xff, 0xff, 0x02, 0,    0,    0,    'o',  'k'};
    g_autoptr(GByteArray) out = g_byte_array_new();

    put_u8(out, 0x01);
    put_u32(out, 0x02030405);
    put_u64(out, UINT64_C(0x060708090a0b0c0d));
    put_i64(out, -2);
    put_text(out, "ok");
    g_assert_cmpmem(out->data, out->len, expected, sizeof(expected));
}

static void check_text(const char *text)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    g_autofree char *got = NULL;
    Exact e;

    put_text(out, text);
    exact_init(&e, out->data, out->len);
    got = get_text(&e.r);
    g_assert_cmpstr(got, ==, text ? text : "");
    g_assert_null(reader_problem(&e.r));
    exact_clear(&e);
}

static void test_texts(void)
{
    g_autofree char *longer = g_strnfill(100000, 'x');

    check_text("");
    check_text(NULL);
    check_text("a");
    check_text("Grüße, \"quoted\"\n");
    check_text(longer);
}

static void test_bytes(void)
{
    static const uint8_t data[] = {0, 1, 0xff, 0};
    g_autoptr(GByteArray) out = g_byte_array_new();
    const uint8_t *got;
    gsize size;
    Exact e;

    put_bytes(out, data, sizeof(data));
    put_bytes(out, NULL, 0);
    exact_init(&e, out->data, out->len);
    got = get_bytes(&e.r, &size);
    g_assert_cmpmem(got, size, data, sizeof(data));
    g_assert_true(got == e.bytes + 4); /* where it lies, not a copy */
    got = get_bytes(&e.r, &size);
    g_assert_nonnull(got);
    g_assert_cmpuint(size, ==, 0);
    g_assert_null(reader_problem(&e.r));
    exact_clear(&e);
}

static void test_nul_in_text(void)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    g_autofree char *got = NULL;
    Exact e;

    put_bytes(out, "a\0b", 3);
    exact_init(&e, out->data, out->len);
    got = get_text(&e.r);
    g_assert_cmpstr(got, ==, "");
    g_assert_true(e.r.bad);
    exact_clear(&e);
}

/* --- too short --- */

static uint64_t read_kind(unsigned kind, Reader *r)
{
    g_autofree char *text = NULL;
    gsize size = 99;

    switch (kind) {
    case 0:
        return get_u8(r);
    case 1:
        return get_u32(r);
    case 2:
        return get_u64(r);
    case 3:
        return (uint64_t)get_i64(r);
    case 4:
        return get_bytes(r, &size) != NULL || size != 0;
    case 5:
        text = get_text(r);
        return strlen(text);
    default:
        g_assert_not_reached();
    }
}

/* What is missing reads as nothing, and so does all that follows, even what would fit. */
static void test_short_reads(void)
{
    static const gsize needs[] = {1, 4, 8, 8, 4, 4};
    static const uint8_t ones[8] = {1, 1, 1, 1, 1, 1, 1, 1};

    for (unsigned kind = 0; kind < G_N_ELEMENTS(needs); kind++) {
        for (gsize size = 0; size < needs[kind]; size++) {
            Exact e;

            exact_init(&e, ones, size);
            g_assert_cmpuint(read_kind(kind, &e.r), ==, 0);
            g_assert_true(e.r.bad);
            for (unsigned next = 0; next < G_N_ELEMENTS(needs); next++)
                g_assert_cmpuint(read_kind(next, &e.r), ==, 0);
            g_assert_true(e.r.at == e.bytes); /* nothing was taken */
            exact_clear(&e);
        }
    }
}

/* The length is there, not all of the bytes are. */
static void test_short_bytes(void)
{
    static const uint32_t lengths[] = {4, 5, INT32_MAX, UINT32_MAX};

    for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++) {
        for (unsigned kind = 4; kind <= 5; kind++) {
            g_autoptr(GByteArray) out = g_byte_array_new();
            Exact e;

            put_u32(out, lengths[i]);
            g_byte_array_append(out, (const uint8_t *)"abc", 3);
            exact_init(&e, out->data, out->len);
            g_assert_cmpuint(read_kind(kind, &e.r), ==, 0);
            g_assert_true(e.r.bad);
            exact_clear(&e);
        }
    }
}

/* As many things of `least` bytes as are claimed, with so many bytes behind the count. */
static void check_count(uint32_t claimed, gsize least, gsize behind, bool good)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    Exact e;

    put_u32(out, claimed);
    for (gsize i = 0; i < behind; i++)
        put_u8(out, 7);
    exact_init(&e, out->data, out->len);
    g_assert_cmpuint(get_count(&e.r, least), ==, good ? claimed : 0);
    g_assert_true(e.r.bad == !good);
    exact_clear(&e);
}

static void test_count(void)
{
    check_count(0, 1, 0, true);
    check_count(0, 1000, 0, true);
    check_count(1, 1, 1, true);
    check_count(1, 1, 0, false);
    check_count(2, 8, 16, true);
    check_count(2, 8, 15, false);
    check_count(3, 8, 23, false);
    check_count(UINT32_MAX, 1, 100, false);
    check_count(UINT32_MAX, 16, 100, false);
    check_count(0x20000000, 8, 64, false); /* the product would be 0 in 32 bits */
}

static void test_count_missing(void)
{
    Exact e;

    exact_init(&e, "\1\0\0", 3);
    g_assert_cmpuint(get_count(&e.r, 1), ==, 0);
    g_assert_true(e.r.bad);
    exact_clear(&e);
}

static void test_done(void)
{
    Exact e;

    exact_init(&e, "ab", 2);
    get_u8(&e.r);
    g_assert_cmpstr(reader_problem(&e.r), ==, "it has bytes left over");
    get_u32(&e.r);
    g_assert_cmpstr(reader_problem(&e.r), ==, "it is too short");
    exact_clear(&e);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/codec/numbers", test_numbers);
    g_test_add_func("/codec/naturals", test_naturals);
    g_test_add_func("/codec/counts", test_counts);
    g_test_add_func("/codec/byte-order", test_byte_order);
    g_test_add_func("/codec/texts", test_texts);
    g_test_add_func("/codec/bytes", test_bytes);
    g_test_add_func("/codec/nul-in-text", test_nul_in_text);
    g_test_add_func("/codec/short/reads", test_short_reads);
    g_test_add_func("/codec/short/bytes", test_short_bytes);
    g_test_add_func("/codec/count/limits", test_count);
    g_test_add_func("/codec/count/missing", test_count_missing);
    g_test_add_func("/codec/done", test_done);
    return g_test_run();
}
