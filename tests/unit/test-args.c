/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-args.c: arguments read as their usage says. */
#include "controller/command/args.h"

#include "controller/session/session-life.h"

static Session *session;

static void add_node(const char *name, unsigned smp)
{
    NodeOptions *options = node_options_new(name);

    options->smp = smp;
    session_add_node(session, node_new(options, session->next_index));
}

/* A call whose words are args, with blanks between them; free the words with g_strfreev(). */
static CommandCall call_of(const Command *c, const char *args)
{
    char **words = *args ? g_strsplit(args, " ", -1) : g_new0(char *, 1);

    return (CommandCall){
        .session = session, .command = c, .args = words, .n_args = g_strv_length(words)};
}

static CommandCall reads(const Command *c, const char *args)
{
    CommandCall call = call_of(c, args);
    g_autoptr(GError) error = NULL;

    g_test_message("%s %s", c->usage, args);
    args_read(&call, &error);
    g_assert_no_error(error);
    return call;
}

static void refuses(const Command *c, const char *args, const char *expected)
{
    CommandCall call = call_of(c, args);
    g_autoptr(GError) error = NULL;

    g_test_message("%s %s", c->usage, args);
    g_assert_false(args_read(&call, &error));
    g_assert_cmpstr(error->message, ==, expected);
    g_assert_cmpint(command_outcome(error), ==, OUTCOME_USAGE);
    g_strfreev(call.args);
}

static const Command times = {
    .name = "t", .usage = "TIME [LEN] [at=TIME] [for=5s] [pace=1.0|off]", .least = 1, .most = 9};
static const Command nodes = {.name = "n", .usage = "[NODE[.CPU]] [N] [mask=on|off]", .most = 5};
static const Command runs = {.name = "r", .usage = "DURATION | NINSN [on NODE] | NODE ADDR"};
static const Command files = {.name = "f", .usage = "FILE [END [END]] [both=on|off] | FILE off"};
static const Command texts = {.name = "x", .usage = "NODE REGEX [or-break] [pace=X]"};
static const Command open_keys = {.name = "o", .usage = "NAME [smp=1] [a=on|off]", .open = true};
static const Command required = {.name = "q", .usage = "NAME a=PATH [b=PATH] | NAME c=PATH"};

static void test_times(void)
{
    CommandCall call = reads(&times, "1ms 3 pace=0.5 at=2s");

    g_assert_cmpint(args_time(&call, "TIME", vtime(7)).ns, ==, NS_PER_MS);
    g_assert_cmpint(args_time(&call, "at", vtime(7)).ns, ==, 2 * NS_PER_S);
    g_assert_cmpint(args_time(&call, "for", vtime(7)).ns, ==, 7);
    g_assert_cmpint(args_count(&call, "LEN", 8), ==, 3);
    g_assert_cmpfloat(args_number(&call, "pace", 1), ==, 0.5);
    g_strfreev(call.args);
    call = reads(&times, "1us for=3ns pace=off");
    g_assert_cmpint(args_time(&call, "for", vtime(7)).ns, ==, 3);
    g_assert_cmpint(args_count(&call, "LEN", 8), ==, 8);
    g_assert_cmpfloat(args_number(&call, "pace", 1), ==, 0);
    g_assert_true(args_is(&call, "pace", "off"));
    g_strfreev(call.args);
}

static void test_nodes(void)
{
    CommandCall call = reads(&nodes, "");

    g_assert_null(args_node(&call));
    g_assert_cmpint(args_vcpu(&call), ==, -1);
    g_strfreev(call.args);
    call = reads(&nodes, "3 mask=off");
    g_assert_false(args_has(&call, "NODE"));
    g_assert_cmpint(args_count(&call, "N", 1), ==, 3);
    g_assert_true(args_is(&call, "mask", "off"));
    g_strfreev(call.args);
    call = reads(&nodes, "b 3");
    g_assert_true(args_node(&call) == session->nodes->pdata[1]);
    g_assert_cmpint(args_vcpu(&call), ==, -1);
    g_strfreev(call.args);
    call = reads(&nodes, "mask=on b.1");
    g_assert_true(args_node(&call) == session->nodes->pdata[1]);
    g_assert_cmpint(args_vcpu(&call), ==, 1);
    g_assert_cmpstr(args_text(&call, "NODE"), ==, "b.1");
    g_strfreev(call.args);
}

static void test_sequences(void)
{
    CommandCall call = reads(&runs, "5insn on a");

    g_assert_cmpint(args_insns(&call).n, ==, 5);
    g_assert_true(args_node(&call) == session->nodes->pdata[0]);
    g_assert_true(args_has(&call, "on"));
    g_strfreev(call.args);
    call = reads(&runs, "1ms");
    g_assert_false(args_has(&call, "NINSN"));
    g_strfreev(call.args);
    call = reads(&runs, "a 0xffff800000000000");
    g_assert_cmphex(args_address(&call), ==, 0xffff800000000000);
    g_strfreev(call.args);
}

/* Literals come first, and a key's place begins behind the words that are before all keys. */
static void test_words(void)
{
    const char *ends[2];
    CommandCall call = reads(&files, "x off");

    g_assert_true(args_has(&call, "off"));
    g_strfreev(call.args);
    call = reads(&files, "both=on a off");
    g_assert_cmpstr(args_text(&call, "FILE"), ==, "both=on");
    g_assert_cmpuint(args_ends(&call, ends), ==, 2);
    g_assert_cmpstr(ends[1], ==, "off");
    g_assert_false(args_has(&call, "off"));
    g_strfreev(call.args);
    call = reads(&texts, "a pace=3 pace=2 or-break");
    g_assert_cmpstr(args_text(&call, "REGEX"), ==, "pace=3");
    g_assert_cmpfloat(args_number(&call, "pace", 0), ==, 2);
    g_assert_true(args_has(&call, "or-break"));
    g_strfreev(call.args);
    call = reads(&open_keys, "c a=maybe what ever=1");
    g_assert_cmpstr(args_text(&call, "NAME"), ==, "c");
    g_assert_false(args_has(&call, "a"));
    g_strfreev(call.args);
    call = reads(&required, "c b=/y a=/x");
    g_assert_cmpstr(args_text(&call, "a"), ==, "/x");
    g_strfreev(call.args);
}

#define SHAPE "; usage: r DURATION | NINSN [on NODE] | NODE ADDR"
#define KEYS  "; usage: t TIME [LEN] [at=TIME] [for=5s] [pace=1.0|off]"

static void test_misfits(void)
{
    refuses(&times, "5",
            "t: TIME '5' has no unit: write ns, us, ms, s, m or h behind the number" KEYS);
    refuses(&times, "5s for=2",
            "t: for '2' has no unit: write ns, us, ms, s, m or h behind the number" KEYS);
    refuses(&times, "5s 10", "t: LEN '10' is out of range: 1 to 9 is allowed" KEYS);
    refuses(&times, "5s pace=of",
            "t: pace 'of' is no number above 0 and up to a million, such as 1.0 or 0.5; did you "
            "mean 'off'?" KEYS);
    refuses(&runs, "5",
            "r: DURATION '5' has no unit: write ns, us, ms, s, m or h behind the number; "
            "instructions are written as 1000insn" SHAPE);
    refuses(&runs, "0.5ns", "r: DURATION '0.5ns' is no whole number of nanoseconds" SHAPE);
    refuses(&runs, "a main",
            "r: ADDR 'main' is no address: a number is needed, such as 0x40000000, or a name once "
            "`symbols a FILE` has loaded names" SHAPE);
    refuses(&runs, "c 0", "unknown node 'c': there are a, b");
    refuses(&nodes, "b.2", "node b has no vCPU 2: 0 to 1 are there");
    refuses(&required, "c",
            "q: a=PATH or c=PATH is missing; usage: q NAME a=PATH [b=PATH] | NAME c=PATH");
    refuses(&required, "c a=x c=y",
            "q: 'c=y' does not go with what is before it; usage: q NAME a=PATH [b=PATH] | NAME "
            "c=PATH");
    refuses(&required, "c d=x",
            "q: 'd=x' has an unknown key; usage: q NAME a=PATH [b=PATH] | NAME c=PATH");
    refuses(&open_keys, "", "o: NAME is missing; `help o` shows the usage");
}

/* There is room for all that a command may be given. */
static void test_table(void)
{
    for (const Command *const *c = command_table(); *c; c++) {
        g_autoptr(UsageGrammar) g = usage_read((*c)->usage);

        for (unsigned i = 0; i < g->sequences->len && !(*c)->open; i++)
            g_assert_cmpuint(((const Sequence *)g->sequences->pdata[i])->len, <=, USAGE_MAX_ARGS);
    }
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    session = session_new((SessionOptions){.dry = true, .quiet = true}, NULL);
    add_node("a", 1);
    add_node("b", 2);
    g_test_add_func("/args/times", test_times);
    g_test_add_func("/args/nodes", test_nodes);
    g_test_add_func("/args/sequences", test_sequences);
    g_test_add_func("/args/words", test_words);
    g_test_add_func("/args/misfits", test_misfits);
    g_test_add_func("/args/table", test_table);
    result = g_test_run();
    command_free_state(session);
    session_free(session);
    return result;
}
