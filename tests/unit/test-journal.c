/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-journal.c: what the journal keeps, drops, says and saves. */
#include "controller/session/journal.h"

#include "controller/qemu/options.h"
#include "controller/session/session-life.h"

#include <string.h>

/* A session that says it has begun, with a node that was never started. */
static Session *make(void)
{
    Session *s = session_new((SessionOptions){.dry = true, .quiet = true}, NULL);

    g_assert_nonnull(s);
    session_add_node(s, node_new(node_options_new("a"), 0));
    s->options.dry = false;
    s->started = true;
    return s;
}

static void end(Session *s)
{
    s->options.dry = true;
    session_free(s);
}

static void says(const Session *s, unsigned index, const char *text)
{
    g_autofree char *found = journal_text(journal_entry(s, index));

    g_assert_cmpstr(found, ==, text);
}

static void add_all(Session *s)
{
    Node *n = s->nodes->pdata[0];
    g_auto(GStrv) args = g_strsplit("a,b,two words,", ",", -1);
    uint8_t many[100];

    memset(many, 0xab, sizeof(many));
    journal_typed(s, n, 0, JOURNAL_BY_COMMAND, "ls\n\x01'\\", 6);
    journal_typed(s, n, 1, JOURNAL_BY_TERMINAL, "x", 1);
    journal_memory(s, n, 0, JOURNAL_BY_GDB, 0x4000, false, "\xde\xad", 2);
    journal_memory(s, n, 1, JOURNAL_BY_COMMAND, 0x4000, true, many, sizeof(many));
    journal_register(s, n, 1, JOURNAL_BY_COMMAND, "x0", "\x34\x12\0\0", 4);
    journal_register(s, n, 0, JOURNAL_BY_GDB, NULL, "\1\2", 2);
    journal_command(s, NULL, "link set", args);
}

static void test_text(void)
{
    Session *s = make();

    add_all(s);
    g_assert_cmpuint(journal_count(s), ==, 7);
    says(s, 0, "typed 'ls\\n\\x01\\x27\\\\'");
    says(s, 1, "typed on UART 1 'x'");
    says(s, 2, "memory 0x4000 de ad");
    g_assert_true(g_str_has_prefix(journal_entry(s, 3)->node, "a"));
    {
        g_autofree char *long_one = journal_text(journal_entry(s, 3));

        g_assert_true(g_str_has_prefix(long_one, "memory phys 0x4000 ab ab "));
        g_assert_nonnull(strstr(long_one, " ab… (100 bytes, sha256 "));
        g_assert_cmpuint(g_bytes_get_size(journal_entry(s, 3)->data), ==, 100);
    }
    says(s, 4, "vCPU 1 x0=0x00001234");
    says(s, 5, "vCPU 0 all registers 01 02");
    says(s, 6, "link set a b 'two words' ''");
    g_assert_null(journal_entry(s, 6)->node);
    end(s);
}

/* Nothing is kept of what no guest can get. */
static void test_nothing(void)
{
    Session *s = make();

    s->started = false;
    add_all(s);
    g_assert_cmpuint(journal_count(s), ==, 0);
    s->started = s->options.dry = true;
    add_all(s);
    g_assert_cmpuint(journal_count(s), ==, 0);
    s->options.dry = false;
    journal_typed(s, s->nodes->pdata[0], 0, JOURNAL_BY_COMMAND, "", 0);
    g_assert_cmpuint(journal_count(s), ==, 0);
    end(s);
}

static void step(Session *s, int vcpu, bool masked, int64_t from, int64_t to)
{
    Node *n = s->nodes->pdata[0];

    n->clock.icount.n = to;
    journal_steps(s, n, JOURNAL_BY_COMMAND, &(JournalSteps){vcpu, masked, {from}, {5000}});
}

static void test_steps(void)
{
    Session *s = make();

    step(s, 0, true, 10, 11);
    step(s, 0, true, 11, 14);
    g_assert_cmpuint(journal_count(s), ==, 1);
    says(s, 0, "vCPU 0 4 steps");
    g_assert_cmpint(journal_entry(s, 0)->insns.n, ==, 10);
    g_assert_cmpint(journal_entry(s, 0)->time.ns, ==, 5000);
    step(s, 0, false, 14, 15);
    step(s, -1, false, 15, 16);
    step(s, -1, false, 20, 21); /* it ran in between */
    step(s, -1, false, 21, 21); /* it slept */
    g_assert_cmpuint(journal_count(s), ==, 4);
    says(s, 1, "vCPU 0 1 step, mask=off");
    says(s, 2, "1 step, mask=off");
    g_assert_cmpuint(journal_entry(s, 3)->number, ==, 4);
    journal_typed(s, s->nodes->pdata[0], 0, JOURNAL_BY_COMMAND, "x", 1);
    step(s, -1, false, 21, 22); /* something came in between */
    g_assert_cmpuint(journal_count(s), ==, 6);
    end(s);
}

static void test_bounds(void)
{
    Session *s = make();
    g_autofree uint8_t *much = g_malloc0(JOURNAL_MOST_BYTES / 2);

    for (unsigned i = 0; i < JOURNAL_MOST + 5; i++)
        journal_typed(s, s->nodes->pdata[0], 0, JOURNAL_BY_COMMAND, "x", 1);
    g_assert_cmpuint(journal_count(s), ==, JOURNAL_MOST);
    g_assert_cmpuint(journal_dropped(s), ==, 5);
    g_assert_cmpuint(journal_entry(s, 0)->number, ==, 6);
    for (unsigned i = 0; i < 3; i++)
        journal_memory(s, s->nodes->pdata[0], 0, JOURNAL_BY_GDB, 0, false, much,
                       JOURNAL_MOST_BYTES / 2);
    g_assert_cmpuint(journal_count(s), ==, 2);
    g_assert_cmpuint(journal_dropped(s), ==, JOURNAL_MOST + 5 + 1);
    journal_clear(s);
    g_assert_cmpuint(journal_count(s), ==, 0);
    g_assert_cmpuint(journal_dropped(s), ==, 0);
    end(s);
}

static void test_save(void)
{
    Session *s = make(), *t = make();
    g_autoptr(GByteArray) bytes = g_byte_array_new(), again = g_byte_array_new(),
                          empty = g_byte_array_new();
    Reader r;

    journal_save(s, empty);
    add_all(s);
    step(s, 2, true, 3, 9);
    journal_save(s, bytes);
    r = reader_of(bytes);
    journal_load(t, &r);
    g_assert_null(reader_problem(&r));
    g_assert_cmpuint(journal_count(t), ==, journal_count(s));
    for (unsigned i = 0; i < journal_count(s); i++) {
        g_autofree char *text = journal_text(journal_entry(s, i));

        says(t, i, text);
        g_assert_cmpuint(journal_entry(t, i)->number, ==, journal_entry(s, i)->number);
        g_assert_cmpint(journal_entry(t, i)->source, ==, journal_entry(s, i)->source);
        g_assert_cmpstr(journal_entry(t, i)->node, ==, journal_entry(s, i)->node);
    }
    journal_save(t, again);
    g_assert_cmpmem(bytes->data, bytes->len, again->data, again->len);
    r = reader_of(empty);
    journal_load(t, &r);
    g_assert_null(reader_problem(&r));
    g_assert_cmpuint(journal_count(t), ==, 0);
    for (unsigned i = 0; i < bytes->len; i++) { /* cut off anywhere */
        Reader cut = {bytes->data, bytes->data + i, false};

        journal_load(t, &cut);
        g_assert_true(cut.bad);
    }
    end(s);
    end(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/journal/text", test_text);
    g_test_add_func("/journal/nothing", test_nothing);
    g_test_add_func("/journal/steps", test_steps);
    g_test_add_func("/journal/bounds", test_bounds);
    g_test_add_func("/journal/save", test_save);
    return g_test_run();
}
