/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-sha.c: the running SHA-256 is GLib's, and goes on from its bytes wherever it was cut. */
#include "controller/base/sha.h"

#include <string.h>

static void is_sha_of(const Sha *sha, const uint8_t *data, gsize size)
{
    g_autofree char *expected = g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, size);
    g_autofree char *got = sha_hex(sha);

    g_assert_cmpstr(got, ==, expected);
    g_assert_cmpuint(sha_length(sha), ==, size);
}

static void fill(uint8_t *data, gsize size)
{
    for (gsize i = 0; i < size; i++)
        data[i] = (uint8_t)(i * 7 + i / 251);
}

static void test_same_as_glib(void)
{
    uint8_t data[300];
    Sha sha;

    fill(data, sizeof(data));
    sha_init(&sha);
    sha_add(&sha, NULL, 0);
    is_sha_of(&sha, data, 0);
    for (gsize i = 0; i < sizeof(data); i++) {
        sha_add(&sha, data + i, 1);
        is_sha_of(&sha, data, i + 1); /* reading it changes nothing */
    }
}

/* Cut at every byte, saved, loaded over another one: the rest gives the same. */
static void test_goes_on(void)
{
    uint8_t data[300];

    fill(data, sizeof(data));
    for (gsize cut = 0; cut <= sizeof(data); cut++) {
        g_autoptr(GByteArray) out = g_byte_array_new(), again = g_byte_array_new();
        Sha first, second;
        Reader r;

        sha_init(&first);
        sha_add(&first, data, cut);
        sha_save(&first, out);
        sha_init(&second);
        sha_add(&second, "something else", 14);
        r = reader_of(out);
        sha_load(&second, &r);
        g_assert_null(reader_problem(&r));
        sha_save(&second, again);
        g_assert_cmpmem(out->data, out->len, again->data, again->len);
        is_sha_of(&second, data, cut);
        sha_add(&second, data + cut, sizeof(data) - cut);
        is_sha_of(&second, data, sizeof(data));
    }
}

/* Too short, or a rest that is a whole block, is none. */
static void test_refused(void)
{
    static const uint8_t block[SHA256_BLOCK_SIZE];
    g_autoptr(GByteArray) out = g_byte_array_new();
    Reader whole;
    Sha sha;

    sha_init(&sha);
    sha_add(&sha, "abc", 3);
    sha_save(&sha, out);
    for (guint size = 0; size < out->len; size++) {
        Reader r = {out->data, out->data + size, false};

        sha_load(&sha, &r);
        g_assert_true(r.bad);
    }
    g_byte_array_set_size(out, 8 * 4 + 8);
    put_bytes(out, block, sizeof(block));
    whole = reader_of(out);
    sha_load(&sha, &whole);
    g_assert_true(whole.bad);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sha/same-as-glib", test_same_as_glib);
    g_test_add_func("/sha/goes-on", test_goes_on);
    g_test_add_func("/sha/refused", test_refused);
    return g_test_run();
}
