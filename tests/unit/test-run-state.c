/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-run-state.c: the run state in a migration stream. */
#include "controller/qemu/run-state.h"

#include <glib.h>
#include <string.h>

/* A section as QEMU writes it, `text` of 100 bytes. */
static void put_section(GByteArray *out, const char *text, uint8_t footer_id)
{
    static const uint8_t head[] = "\x04\0\0\0\x02\013globalstate\0\0\0\0\0\0\0\x01\0\0\0";
    uint8_t length = (uint8_t)(strlen(text) + 1), state[100] = {0};
    const uint8_t footer[] = {0x7e, 0, 0, 0, footer_id};

    memcpy(state, "running", 7); /* QEMU leaves the rest of a longer text there */
    memcpy(state, text, strlen(text) + 1);
    g_byte_array_append(out, head, sizeof(head) - 1);
    g_byte_array_append(out, &length, 1);
    g_byte_array_append(out, state, sizeof(state));
    g_byte_array_append(out, footer, sizeof(footer));
}

static GByteArray *stream(const char *text, uint8_t footer_id)
{
    GByteArray *out = g_byte_array_new();

    g_byte_array_append(out, (const uint8_t *)"QEVM\0\0\0\x03\x04\x04", 10);
    put_section(out, text, footer_id);
    g_byte_array_append(out, (const uint8_t *)"\x04 behind \0", 10);
    return out;
}

static void test_debug(void)
{
    g_autoptr(GByteArray) found = stream("debug", 2), wanted = stream("paused", 2);

    g_assert_true(run_state_pause(found->data, found->len));
    g_assert_cmpmem(found->data, found->len, wanted->data, wanted->len);
    g_assert_false(run_state_pause(found->data, found->len));
}

static void test_others(void)
{
    static const char *const others[] = {"paused", "shutdown", "guest-panicked", "debugs", ""};

    for (unsigned i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autoptr(GByteArray) found = stream(others[i], 2), wanted = stream(others[i], 2);

        g_assert_false(run_state_pause(found->data, found->len));
        g_assert_cmpmem(found->data, found->len, wanted->data, wanted->len);
    }
}

/* What is in the guest's RAM stays, be it like a section or not. */
static void test_like_it(void)
{
    g_autoptr(GByteArray) bent = stream("debug", 3), two = stream("debug", 2);
    g_autoptr(GByteArray) wanted = stream("debug", 2);

    g_assert_false(run_state_pause(bent->data, bent->len));
    put_section(two, "debug", 2);
    put_section(wanted, "paused", 2);
    g_assert_true(run_state_pause(two->data, two->len));
    g_assert_cmpmem(two->data, two->len, wanted->data, wanted->len);
}

static void test_short(void)
{
    g_autoptr(GByteArray) s = stream("debug", 2);

    for (size_t n = 0; n < s->len - 10; n++)
        g_assert_false(run_state_pause(s->data, n));
    g_assert_true(run_state_pause(s->data, s->len - 10));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/run-state/debug", test_debug);
    g_test_add_func("/run-state/others", test_others);
    g_test_add_func("/run-state/like-it", test_like_it);
    g_test_add_func("/run-state/short", test_short);
    return g_test_run();
}
