/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-usage.c: what may come next, read from usage strings. */
#include "controller/command/usage.h"

#include "controller/command/command.h"
#include "controller/session/checking.h"

#include <string.h>

/* "word", "<file>", "<node>", "<host>", "<cpu>", "<command 0>", "<register 0>", with blanks between
 * them. */
static char *show(const GPtrArray *hints)
{
    static const char *const kinds[] = {"word",    "file", "node",    "host",     "cpu",
                                        "default", "save", "command", "register", "symbol"};
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < hints->len; i++) {
        const UsageHint *h = hints->pdata[i];

        if (i > 0)
            g_string_append_c(text, ' ');
        if (h->kind == USAGE_WORD)
            g_string_append(text, h->text);
        else if (h->kind >= USAGE_COMMAND)
            g_string_append_printf(text, "<%s %u>", kinds[h->kind], h->from);
        else
            g_string_append_printf(text, "<%s>", kinds[h->kind]);
    }
    return g_string_free(text, FALSE);
}

/* args: with blanks between them. */
static void hints_are(const char *usage, const char *args, const char *head, const char *expected)
{
    g_auto(GStrv) words = *args ? g_strsplit(args, " ", -1) : g_new0(char *, 1);
    g_autoptr(GPtrArray) hints = usage_hints(usage, words, g_strv_length(words), head);
    g_autofree char *shown = show(hints);

    g_test_message("'%s' behind '%s'", usage, args);
    g_assert_cmpstr(shown, ==, expected);
}

static void test_nothing(void)
{
    hints_are("", "", "", "");
    hints_are("", "a", "", "");
    hints_are("TEXT", "", "", "");
    hints_are("NODE", "a", "", "");
}

static void test_places(void)
{
    hints_are("NODE FILE", "", "", "<node>");
    hints_are("NODE FILE", "a", "", "<file>");
    hints_are("DIR", "", "", "<file>");
    hints_are("PATH", "", "", "<file>");
    hints_are("FILE.pcapng [NODE]", "", "", "<file>");
    hints_are("NODE[.CPU]", "", "", "<cpu>");
    hints_are("NODE ADDR LEN", "a", "", "<symbol 0>");
    hints_are("NODE ADDR LEN", "a b", "", "");
    hints_are("NODE [if EXPR] [once] [do X]", "a", "", "if once do");
    hints_are("NODE [if EXPR] [once] [do X]", "a if b == 5", "", "once do");
    hints_are("NODE [if EXPR] [once] [do X]", "a if b == 5 once", "", "do");
    hints_are("HOST", "", "", "<host>");
    hints_are("[key=value] | off [DEFAULT…]", "", "", "key= off");
    hints_are("[key=value] | off [DEFAULT…]", "off", "", "<default>");
    hints_are("NAME [file=PATH] | delete SAVE", "", "", "delete");
    hints_are("NAME [file=PATH] | delete SAVE", "delete", "", "<save>");
    hints_are("SAVE|PATH", "", "", "<save> <file>");
    hints_are("[host=local|HOST]", "", "host=", "local <host>");
    hints_are("NODES", "", "", "");
}

static void test_alternatives(void)
{
    hints_are("error|warn|info|debug", "", "", "error warn info debug");
    hints_are("[on|off]", "", "", "on off");
    hints_are("NODE FILE|off", "a", "", "<file> off");
    hints_are("TIME | NODE NINSN", "", "", "<node>");
    hints_are("time T | pc NODE ADDR", "", "", "time pc");
    hints_are("time T | pc NODE ADDR", "pc", "", "<node>");
    hints_are("time T | pc NODE ADDR", "time", "", "");
    hints_are("EXPR | happens-before N M | concurrent N M", "", "", "happens-before concurrent");
}

static void test_optional(void)
{
    hints_are("DURATION | NINSN [on NODE]", "5ms", "", "");
    hints_are("DURATION | NINSN [on NODE]", "5insn", "", "on");
    hints_are("DURATION | NINSN [on NODE]", "5insn on", "", "<node>");
    hints_are("DURATION | NINSN [on NODE]", "5insn of", "", "");
    hints_are("[NODE[.CPU]] [N] [mask=on|off]", "", "", "<cpu> mask=");
    hints_are("[NODE[.CPU]] [N] [mask=on|off]", "a", "", "mask=");
    hints_are("[NODE[.CPU]] [N] [mask=on|off]", "a 5", "", "mask=");
    hints_are("[NODE[.CPU]] [N] [mask=on|off]", "a 5 6", "", "");
}

static void test_keys(void)
{
    hints_are("NODE [timeout=1s] | watch [every=N] | watch off", "watch", "", "every= off");
    const char *usage = "NAME [kernel=FILE] [nic=on|off] [firmware=FILE|none] [memory=512M] "
                        "[extra=\"raw options\"]";

    hints_are(usage, "", "", "");
    hints_are(usage, "a", "", "kernel= nic= firmware= memory= extra=");
    hints_are(usage, "a nic=on", "", "kernel= firmware= memory= extra=");
    hints_are(usage, "a extra=x nic=on memory=1M", "", "kernel= firmware=");
    hints_are(usage, "a", "kernel=", "<file>");
    hints_are(usage, "a", "nic=", "on off");
    hints_are(usage, "a", "firmware=", "<file> none");
    hints_are(usage, "a", "memory=", "");
    hints_are(usage, "a", "extra=", "");
    hints_are(usage, "a", "colour=", "");
    hints_are("[node=NODE] [last=N]", "", "", "node= last=");
    hints_are("[node=NODE] [last=N]", "", "node=", "<node>");
    hints_are("[node=NODE] [last=N]", "node=a", "", "last=");
    hints_are("NAME qmp=PATH [gdb=PATH]", "a", "", "qmp= gdb=");
    hints_are("NAME qmp=PATH [gdb=PATH]", "a gdb=x", "", "qmp=");
}

/* A value that has a '=' of its own. */
static void test_nested_value(void)
{
    const char *usage = "[icount=shift=0,sleep=on|shift=0,sleep=off|off]";

    hints_are(usage, "", "icount=", "shift=0,sleep=on shift=0,sleep=off off");
    hints_are(usage, "", "icount=shift=", "0,sleep=on 0,sleep=off");
    hints_are(usage, "", "icount=shift=0,sleep=", "on off");
}

static void test_commands(void)
{
    hints_are("[COMMAND]", "", "", "<command 0>");
    hints_are("[COMMAND]", "node", "", "<command 0>");
    hints_are("[COMMAND]", "node add", "", "");
}

static void test_registers(void)
{
    hints_are("NODE[.CPU] [REG]", "a.1", "", "<register 0>");
    hints_are("on NODE REG", "on a", "", "<register 1>");
}

/* Brackets that are never closed, bars at the end and the like do no harm. */
static void test_odd(void)
{
    static const char *const odd[] = {
        "[",   "]",  "[]",  "[[]]",           "[a", "a]", "|", " | ", "a |", "a|", "=", "[=]", "x=",
        "[x=", "\"", "[\"", "[a [b [c [d]]]]"};

    for (unsigned i = 0; i < G_N_ELEMENTS(odd); i++) {
        char *args[] = {(char *)"a", NULL};
        g_autoptr(GPtrArray) none = usage_hints(odd[i], args, 0, "");
        g_autoptr(GPtrArray) one = usage_hints(odd[i], args, 1, "x=");

        g_assert_nonnull(none);
        g_assert_nonnull(one);
    }
}

/* Every key and every literal of the table is offered at some place. */
static void test_table(void)
{
    for (const Command *const *c = command_table(); *c; c++) {
        char *words[] = {(char *)"x", (char *)"y", (char *)"z", NULL};
        char *times[] = {(char *)"5ms", NULL};
        bool some = false;

        g_autoptr(GPtrArray) keys = usage_keys((*c)->usage);

        if (keys->len == 0 || strchr((*c)->usage, '\''))
            continue;
        for (unsigned n = 0; n <= 4; n++) {
            g_autoptr(GPtrArray) hints =
                usage_hints((*c)->usage, n < 4 ? words : times, n < 4 ? n : 1, "");

            for (unsigned i = 0; i < hints->len; i++) {
                const UsageHint *h = hints->pdata[i];

                some = some || (h->kind == USAGE_WORD && g_str_has_suffix(h->text, "="));
            }
        }
        g_test_message("%s", (*c)->name);
        g_assert_true(some);
    }
}

/* --- names of commands --- */

static void words_are(const char *first, const char *head, const char *expected)
{
    char *words[] = {(char *)first, NULL};
    g_autoptr(GPtrArray) found = command_words(words, first ? 1 : 0, head);
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; i < found->len; i++)
        g_string_append_printf(text, "%s%s", i ? " " : "", (const char *)found->pdata[i]);
    g_assert_cmpstr(text->str, ==, expected);
}

static void test_names(void)
{
    words_are(NULL, "run", "run run-until");
    words_are(NULL, "nod", "node");
    words_are(NULL, "xyz", "");
    words_are("node", "re", "remove");
    words_are("no", "a", "add attach");
    words_are("run", "", "");
    words_are("s", "", "");
}

/* --- complaints --- */

static void complains(const char *usage, const char *args, const char *expected)
{
    g_auto(GStrv) words = *args ? g_strsplit(args, " ", -1) : g_new0(char *, 1);
    g_autoptr(UsageGrammar) grammar = usage_read(usage);
    g_autofree char *text = usage_match(grammar, false, words, g_strv_length(words), NULL);

    g_test_message("'%s' with '%s'", usage, args);
    g_assert_cmpstr(text, ==, expected);
}

static void test_fits(void)
{
    const char *run = "DURATION [pace=X] | NINSN [on NODE] [pace=X]";

    complains("", "", NULL);
    complains(run, "5ms", NULL);
    complains(run, "5ms pace=2", NULL);
    complains(run, "5insn on a pace=2", NULL);
    complains("[NODE[.CPU]] [N] [mask=on|off]", "a 3 mask=on", NULL);
    complains("[latency=1ms]", "latency=2ms", NULL); /* an example */
    complains("[icount=shift=0,sleep=on|off]", "icount=shift=3", NULL);
    complains("[format=raw|qcow2|…]", "format=vmdk", NULL);
    complains("[host=local|HOST]", "host=east", NULL);
}

static void test_misfits(void)
{
    const char *run = "DURATION [pace=X] | NINSN [on NODE] [pace=X]";

    complains("", "now", "'now' is too much");
    complains(run, "", "DURATION or NINSN is missing");
    complains(run, "foo", NULL); /* a DURATION, though a wrong one */
    complains(run, "5ms foo", "'foo' is too much");
    complains(run, "5insn on", "NODE is missing");
    complains(run, "5insn onn a", "'onn' is no on; did you mean 'on'?");
    complains(run, "5ms pcae=2", "'pcae=2' has an unknown key; did you mean 'pace='?");
    complains("NODE NINSN", "a b", "'b' is no NINSN; instructions are written as 1000insn");
    complains("NODE TEXT", "a info", NULL);
    complains("NODE TEXT", "a info registers",
              "'registers' is too much; a text with spaces in it needs quotes");
    complains("NODE REGEX [timeout=5s] [or-break]", "a Boot took",
              "'took' is no or-break; a text with spaces in it needs quotes");
    complains("NODE REGEX [timeout=5s] [or-break]", "a Boot or-brek",
              "'or-brek' is no or-break; did you mean 'or-break'?");
    complains("COMMAND EVERY", "regs a pc 1ms",
              "'pc' is too much; a text with spaces in it needs quotes");
    complains("NODE FILE|off", "a b c", "'c' is too much");
    complains("NODE FILE|off", "a", "FILE or off is missing");
    complains("[NODE] [mask=on|off]", "mask=onn",
              "'mask=onn': on or off is expected; did you mean 'on'?");
    complains("[NODE] [mask=on|off]", "mask=maybe", "'mask=maybe': on or off is expected");
    complains("[on|off]", "perhaps", "'perhaps' is no on or off");
    complains("DURATION|auto", "5insn", "'5insn' is no DURATION or auto; a time is written as 1ms");
    complains("NODE[.CPU]", "0", "'0' is no NODE[.CPU]; a node's name begins with a letter");
}

static void test_misplaced_keys(void)
{
    const char *access = "NODE ADDR [LEN] [on=write|read]";

    complains(access, "a on=read 0x40", "'on=read' comes too early: ADDR comes first");
    complains(access, "a 0x40 on=read 4", NULL);
    complains("NODE NINSN [pace=X] | TIME [pace=X]", "pace=1 1ms",
              "'pace=1' comes too early: NODE or TIME comes first");
    complains("NODE [timeout=1s] | watch [every=N] | watch off", "watch timeout=1s",
              "'timeout=1s' does not go with what is before it");
    complains("FILE [both=on|off] | FILE off", "f both=x", "'both=x': on or off is expected");
}

/* What only the run knows is refused nowhere. */
static void test_unknown(void)
{
    const char *run = "DURATION [pace=X] | NINSN [on NODE] [pace=X]";

    complains(run, CHECKING_UNKNOWN, NULL);
    complains(run, CHECKING_UNKNOWN " on a", NULL);
    complains(run, "5insn on " CHECKING_UNKNOWN, NULL);
    complains("NODE NINSN [pace=X] | TIME [pace=X]", CHECKING_UNKNOWN " " CHECKING_UNKNOWN, NULL);
}

static void keys_are(const char *usage, const char *expected)
{
    g_autoptr(GPtrArray) keys = usage_keys(usage);
    g_autofree char *text = NULL;

    g_ptr_array_add(keys, NULL);
    text = g_strjoinv(" ", (char **)keys->pdata);
    g_assert_cmpstr(text, ==, expected);
}

static void test_all_keys(void)
{
    keys_are("", "");
    keys_are("NODE TEXT", "");
    keys_are("NODE NODE [latency=1ms] [loss=0.1%]", "latency loss");
    keys_are("NAME unix=PATH [peer=PATH] | NAME tap=IFNAME", "unix peer tap");
    keys_are("[NODE NODE] [filter=\"tcp port 80\"]", "filter");
    keys_are("NODE REGEX [timeout=5s] [or-break] [pace=X]", "timeout pace");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/usage/nothing", test_nothing);
    g_test_add_func("/usage/places", test_places);
    g_test_add_func("/usage/alternatives", test_alternatives);
    g_test_add_func("/usage/optional", test_optional);
    g_test_add_func("/usage/keys", test_keys);
    g_test_add_func("/usage/nested-value", test_nested_value);
    g_test_add_func("/usage/commands", test_commands);
    g_test_add_func("/usage/registers", test_registers);
    g_test_add_func("/usage/odd", test_odd);
    g_test_add_func("/usage/table", test_table);
    g_test_add_func("/usage/names", test_names);
    g_test_add_func("/usage/complaint/fits", test_fits);
    g_test_add_func("/usage/complaint/misfits", test_misfits);
    g_test_add_func("/usage/complaint/misplaced-keys", test_misplaced_keys);
    g_test_add_func("/usage/complaint/unknown", test_unknown);
    g_test_add_func("/usage/all-keys", test_all_keys);
    return g_test_run();
}
