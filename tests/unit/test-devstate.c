/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-devstate.c: the parser of the device-state stream, against what QEMU wrote and against
 * streams made here.
 *
 * The fixtures in tests/unit/data/devstate and their expected.ini come from
 * scripts/capture-devstate, which takes the expected values from QMP and from what the guest does,
 * not from the stream. Runs in the project's top folder.
 */
#include "controller/qemu/devstate.h"

#include <string.h>

#define FIXTURES "tests/unit/data/devstate"

/* --- streams made here; big enough values that no field can be taken for another --- */

#define TICKS INT64_C(0x1112131415161718)
#define CLOCK INT64_C(0x2122232425262728)
#define BIAS  INT64_C(0x3132333435363738)
#define COUNT INT64_C(0x4142434445464748)

static void put_u8(GByteArray *s, uint8_t value)
{
    g_byte_array_append(s, &value, 1);
}

static void put_u32(GByteArray *s, uint32_t value)
{
    uint32_t be = GUINT32_TO_BE(value);
    g_byte_array_append(s, (const uint8_t *)&be, sizeof(be));
}

static void put_i64(GByteArray *s, int64_t value)
{
    uint64_t be = GUINT64_TO_BE((uint64_t)value);
    g_byte_array_append(s, (const uint8_t *)&be, sizeof(be));
}

static void put_name(GByteArray *s, const char *name)
{
    put_u8(s, (uint8_t)strlen(name));
    g_byte_array_append(s, (const uint8_t *)name, (guint)strlen(name));
}

static void put_header(GByteArray *s, uint32_t id, const char *name, uint32_t instance,
                       uint32_t version)
{
    put_u8(s, 0x04);
    put_u32(s, id);
    put_name(s, name);
    put_u32(s, instance);
    put_u32(s, version);
}

static void put_footer(GByteArray *s, uint32_t id)
{
    put_u8(s, 0x7e);
    put_u32(s, id);
}

static void put_subsection(GByteArray *s, const char *name, uint32_t version, unsigned size)
{
    put_u8(s, 0x05);
    put_name(s, name);
    put_u32(s, version);
    for (unsigned i = 0; i < size; i++)
        put_u8(s, 0xee);
}

static void put_timer_fields(GByteArray *s)
{
    put_i64(s, TICKS);
    put_i64(s, 0);
    put_i64(s, CLOCK);
}

static void put_icount(GByteArray *s)
{
    put_subsection(s, "timer/icount", 1, 0);
    put_i64(s, BIAS);
    put_i64(s, COUNT);
}

static void put_timer(GByteArray *s, uint32_t id)
{
    put_header(s, id, "timer", 0, 2);
    put_timer_fields(s);
    put_icount(s);
    put_footer(s, id);
}

static void put_cpu(GByteArray *s, uint32_t id, uint32_t index, uint32_t halted)
{
    put_header(s, id, "cpu_common", index, 1);
    put_u32(s, halted);
    put_u32(s, 2);
    put_footer(s, id);
}

static GByteArray *stream_new(void)
{
    GByteArray *s = g_byte_array_new();

    put_u32(s, 0x5145564d);
    put_u32(s, 3);
    return s;
}

static void stream_end(GByteArray *s)
{
    put_u8(s, 0x00);
}

/* The parser gets a copy of exactly the right size, so that a sanitizer sees it read too far. */
static bool parse(const void *data, size_t size, DevState *out, GError **error)
{
    g_autofree uint8_t *copy = g_memdup2(data, size);
    DevState untouched;
    bool ok;

    memset(out, 0x5a, sizeof(*out));
    untouched = *out;
    ok = devstate_parse(copy, size, out, error);
    if (!ok)
        g_assert_cmpmem(out, sizeof(*out), &untouched, sizeof(untouched));
    return ok;
}

static void assert_fails(const GByteArray *s, DevStateError code)
{
    g_autoptr(GError) error = NULL;
    DevState state;

    g_assert_false(parse(s->data, s->len, &state, &error));
    g_assert_error(error, DEVSTATE_ERROR, (gint)code);
}

static void assert_equal(const DevState *a, const DevState *b)
{
    g_assert_cmpint(a->ticks_offset, ==, b->ticks_offset);
    g_assert_cmpint(a->clock_offset, ==, b->clock_offset);
    g_assert_cmpint(a->has_icount, ==, b->has_icount);
    g_assert_cmpint(a->bias_ns, ==, b->bias_ns);
    g_assert_cmpint(a->icount, ==, b->icount);
    g_assert_cmpuint(a->n_cpus, ==, b->n_cpus);
    g_assert_cmpuint(a->n_halted, ==, b->n_halted);
}

static void assert_parses(const GByteArray *s, unsigned n_cpus, unsigned n_halted)
{
    const DevState wanted = {.ticks_offset = TICKS,
                             .clock_offset = CLOCK,
                             .has_icount = true,
                             .bias_ns = BIAS,
                             .icount = COUNT,
                             .n_cpus = n_cpus,
                             .n_halted = n_halted};
    g_autoptr(GError) error = NULL;
    DevState state;

    parse(s->data, s->len, &state, &error);
    g_assert_no_error(error);
    assert_equal(&state, &wanted);
}

/* --- what QEMU wrote --- */

static GKeyFile *expected_new(void)
{
    GKeyFile *file = g_key_file_new();
    GError *error = NULL;

    g_key_file_load_from_file(file, FIXTURES "/expected.ini", G_KEY_FILE_NONE, &error);
    g_assert_no_error(error);
    return file;
}

static GByteArray *fixture_new(const char *name)
{
    g_autofree char *path = g_build_filename(FIXTURES, name, NULL);
    GError *error = NULL;
    char *data;
    gsize size;

    g_file_get_contents(path, &data, &size, &error);
    g_assert_no_error(error);
    return g_byte_array_new_take((guint8 *)data, size);
}

static int64_t expected_number(GKeyFile *file, const char *name, const char *key)
{
    GError *error = NULL;
    int64_t value = g_key_file_get_int64(file, name, key, &error);

    g_assert_no_error(error);
    return value;
}

static void test_fixture(gconstpointer data)
{
    const char *name = data;
    g_autoptr(GKeyFile) expected = expected_new();
    g_autoptr(GByteArray) s = fixture_new(name);
    g_autoptr(GError) error = NULL;
    DevState state;

    parse(s->data, s->len, &state, &error);
    g_assert_no_error(error);
    g_assert_cmpint(state.has_icount, ==,
                    g_key_file_get_boolean(expected, name, "has_icount", NULL));
    g_assert_cmpint(state.icount, ==, expected_number(expected, name, "icount"));
    g_assert_cmpint(state.n_cpus, ==, expected_number(expected, name, "n_cpus"));
    g_assert_cmpint(state.n_halted, ==, expected_number(expected, name, "n_halted"));
    if (g_key_file_has_key(expected, name, "bias_ns", NULL))
        g_assert_cmpint(state.bias_ns, ==, expected_number(expected, name, "bias_ns"));
    else if (g_key_file_get_boolean(expected, name, "idled", NULL))
        g_assert_cmpint(state.bias_ns, >, 0);
    /* The VM ran for less than a second or two of host time, or (avr) not at all. */
    g_assert_cmpint(state.clock_offset, >=, 0);
    g_assert_cmpint(state.clock_offset, <, INT64_C(60000000000));
    if (!state.has_icount)
        g_assert_cmpint(state.clock_offset, >, 0);
}

static void test_truncated(gconstpointer data)
{
    g_autoptr(GByteArray) s = fixture_new(data);
    DevState whole;

    g_assert_true(parse(s->data, s->len, &whole, NULL));
    for (size_t size = 0; size < s->len; size++) {
        g_autoptr(GError) error = NULL;
        DevState state;

        if (parse(s->data, size, &state, &error))
            assert_equal(&state, &whole);
        else
            g_assert_nonnull(error);
    }
}

/* --- the stream's grammar --- */

static void test_all_fields(void)
{
    g_autoptr(GByteArray) s = stream_new();

    put_cpu(s, 7, 0, 1);
    put_timer(s, 0x7e040500);
    put_cpu(s, 8, 5, 0);
    put_cpu(s, 9, 3, 1);
    stream_end(s);
    assert_parses(s, 3, 2);
}

static void test_negative(void)
{
    g_autoptr(GByteArray) s = stream_new();
    DevState state;

    put_header(s, 1, "timer", 0, 2);
    put_i64(s, INT64_MIN);
    put_i64(s, 0);
    put_i64(s, -1);
    put_footer(s, 1);
    stream_end(s);
    g_assert_true(parse(s->data, s->len, &state, NULL));
    g_assert_cmpint(state.ticks_offset, ==, INT64_MIN);
    g_assert_cmpint(state.clock_offset, ==, -1);
    g_assert_false(state.has_icount);
    g_assert_cmpint(state.bias_ns, ==, 0);
    g_assert_cmpint(state.icount, ==, 0);
    g_assert_cmpuint(state.n_cpus, ==, 0);
}

static void test_subsections(void)
{
    /* Every set of them that QEMU could write. */
    for (unsigned set = 0; set < 32; set++) {
        g_autoptr(GByteArray) s = stream_new();

        put_header(s, 1, "timer", 0, 2);
        put_timer_fields(s);
        put_icount(s);
        if (set & 1)
            put_subsection(s, "timer/icount/warp_timer", 1, 16);
        if (set & 2)
            put_subsection(s, "timer/icount/timers", 1, 16);
        if (set & 4)
            put_subsection(s, "timer/icount/shift", 2, 10);
        put_footer(s, 1);
        put_header(s, 2, "cpu_common", 0, 1);
        put_u32(s, 1);
        put_u32(s, 0);
        if (set & 8)
            put_subsection(s, "cpu_common/exception_index", 1, 4);
        if (set & 16)
            put_subsection(s, "cpu_common/crash_occurred", 1, 1);
        put_footer(s, 2);
        stream_end(s);
        assert_parses(s, 1, 1);
    }
}

static void test_unknown_subsection(void)
{
    g_autoptr(GByteArray) s = stream_new();

    put_header(s, 1, "timer", 0, 2);
    put_timer_fields(s);
    put_icount(s);
    put_subsection(s, "timer/icount/new", 1, 8);
    put_footer(s, 1);
    stream_end(s);
    assert_fails(s, DEVSTATE_ERROR_LAYOUT);
}

static void test_wrong_footer(void)
{
    g_autoptr(GByteArray) s = stream_new();
    g_autoptr(GByteArray) cpu = stream_new();

    put_header(s, 1, "timer", 0, 2);
    put_timer_fields(s);
    put_icount(s);
    put_footer(s, 2);
    stream_end(s);
    assert_fails(s, DEVSTATE_ERROR_LAYOUT);

    put_timer(cpu, 1);
    put_header(cpu, 2, "cpu_common", 0, 1);
    put_u32(cpu, 0);
    put_u32(cpu, 0);
    put_footer(cpu, 3);
    stream_end(cpu);
    assert_fails(cpu, DEVSTATE_ERROR_LAYOUT);
}

/* What a guest could leave in a device's memory: each lacks one thing that a section has. */
static void put_decoys(GByteArray *s)
{
    put_header(s, 1, "ram-like", 0, 1);
    g_byte_array_append(s, (const uint8_t *)"timer\0\0\0\0\0\0\0\2", 13);
    g_byte_array_append(s, (const uint8_t *)"cpu_common", 10);
    put_timer(s, 2); /* no footer before it */
    put_u8(s, 0x04);
    put_u32(s, 3);
    put_name(s, "time"); /* another name */
    put_footer(s, 3);
    put_header(s, 3, "timer", 1, 2); /* another instance */
    put_timer_fields(s);
    put_footer(s, 3);
    put_header(s, 3, "timer", 0, 3); /* another version */
    put_timer_fields(s);
    put_footer(s, 3);
    put_header(s, 3, "timer", 0, 2); /* the unused bytes are not 0 */
    put_i64(s, 1);
    put_i64(s, 1);
    put_i64(s, 1);
    put_footer(s, 3);
    put_header(s, 3, "timer", 0, 2); /* neither a section nor the end follows */
    put_timer_fields(s);
    put_footer(s, 3);
    put_u8(s, 0x00);
    put_footer(s, 1);
}

static void test_decoys(void)
{
    g_autoptr(GByteArray) s = stream_new();
    g_autoptr(GByteArray) alone = stream_new();

    put_decoys(s);
    put_timer(s, 4);
    put_cpu(s, 5, 0, 1);
    put_decoys(s);
    stream_end(s);
    assert_parses(s, 1, 1);

    put_decoys(alone);
    stream_end(alone);
    assert_fails(alone, DEVSTATE_ERROR_LAYOUT);
}

static void test_two_sections(void)
{
    g_autoptr(GByteArray) s = stream_new();
    g_autoptr(GByteArray) cpu = stream_new();

    put_timer(s, 1);
    put_timer(s, 2);
    stream_end(s);
    assert_fails(s, DEVSTATE_ERROR_AMBIGUOUS);

    put_timer(cpu, 1);
    put_cpu(cpu, 2, 1, 0);
    put_cpu(cpu, 3, 1, 0);
    stream_end(cpu);
    assert_fails(cpu, DEVSTATE_ERROR_AMBIGUOUS);
}

static void test_no_section(void)
{
    g_autoptr(GByteArray) s = stream_new();

    put_cpu(s, 1, 0, 0);
    stream_end(s);
    assert_fails(s, DEVSTATE_ERROR_MISSING);
}

static void test_cpu_layout(void)
{
    static const struct {
        uint32_t version, halted;
    } wrong[] = {{2, 0}, {0, 0}, {1, 2}, {1, UINT32_MAX}};

    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GByteArray) s = stream_new();

        put_timer(s, 1);
        put_header(s, 2, "cpu_common", 0, wrong[i].version);
        put_u32(s, wrong[i].halted);
        put_u32(s, 0);
        put_footer(s, 2);
        stream_end(s);
        assert_fails(s, DEVSTATE_ERROR_LAYOUT);
    }
}

static void test_not_a_stream(void)
{
    g_autoptr(GByteArray) s = stream_new();
    g_autoptr(GError) error = NULL;
    DevState state;

    g_assert_false(parse(NULL, 0, &state, &error));
    g_assert_error(error, DEVSTATE_ERROR, DEVSTATE_ERROR_FORMAT);
    assert_fails(s, DEVSTATE_ERROR_FORMAT);
    put_timer(s, 1);
    assert_fails(s, DEVSTATE_ERROR_FORMAT);
    stream_end(s);
    assert_parses(s, 0, 0);
    s->data[7] = 2;
    assert_fails(s, DEVSTATE_ERROR_FORMAT);
    s->data[7] = 3;
    s->data[0] = 'q';
    assert_fails(s, DEVSTATE_ERROR_FORMAT);
}

static void add_fixtures(void)
{
    g_autoptr(GKeyFile) expected = expected_new();
    g_auto(GStrv) names = g_key_file_get_groups(expected, NULL);

    g_assert_nonnull(names[0]);
    for (char **name = names; *name != NULL; name++) {
        g_autofree char *path = g_strdup_printf("/devstate/fixture/%s", *name);
        g_autofree char *cut = g_strdup_printf("/devstate/truncated/%s", *name);

        g_test_add_data_func_full(path, g_strdup(*name), test_fixture, g_free);
        g_test_add_data_func_full(cut, g_strdup(*name), test_truncated, g_free);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_fixtures();
    g_test_add_func("/devstate/all-fields", test_all_fields);
    g_test_add_func("/devstate/negative", test_negative);
    g_test_add_func("/devstate/subsections", test_subsections);
    g_test_add_func("/devstate/unknown-subsection", test_unknown_subsection);
    g_test_add_func("/devstate/wrong-footer", test_wrong_footer);
    g_test_add_func("/devstate/decoys", test_decoys);
    g_test_add_func("/devstate/two-sections", test_two_sections);
    g_test_add_func("/devstate/no-section", test_no_section);
    g_test_add_func("/devstate/cpu-layout", test_cpu_layout);
    g_test_add_func("/devstate/not-a-stream", test_not_a_stream);
    return g_test_run();
}
