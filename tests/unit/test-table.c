/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-table.c: finding a command by what was typed, and the help made from the table. */
#include "controller/base/text.h"
#include "controller/command/command.h"
#include "controller/command/gdb-monitor.h"
#include "controller/command/usage.h"
#include "controller/network/link-options.h"
#include "controller/qemu/defaults.h"
#include "controller/qemu/option-keys.h"
#include "controller/session/remote-host.h"
#include "controller/session/session-life.h"

#include <string.h>

static const Command *find(const char *line, unsigned *used, GError **error)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);

    return command_find(words, used, error);
}

static void finds(const char *line, const char *name, unsigned words)
{
    g_autoptr(GError) error = NULL;
    unsigned used = 99;
    const Command *c = find(line, &used, &error);

    g_assert_no_error(error);
    g_assert_nonnull(c);
    g_assert_cmpstr(c->name, ==, name);
    g_assert_cmpuint(used, ==, words);
}

static void find_fails(const char *line, const char *message)
{
    g_autoptr(GError) error = NULL;
    unsigned used;

    g_assert_null(find(line, &used, &error));
    g_assert_error(error, SESSION_ERROR, SESSION_ERROR_USAGE);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_cmpint(command_outcome(error), ==, OUTCOME_USAGE);
}

/* The words number i of all commands that begin with `head`, each once, in the table's order. */
static char *first_words(const char *head)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

    for (const Command *const *c = command_table(); *c; c++) {
        char *word = g_strndup((*c)->name, strcspn((*c)->name, " "));

        if (g_str_has_prefix(word, head) &&
            !g_ptr_array_find_with_equal_func(words, word, g_str_equal, NULL))
            g_ptr_array_add(words, word);
        else
            g_free(word);
    }
    g_ptr_array_add(words, NULL);
    return g_strjoinv(", ", (char **)words->pdata);
}

static void test_exact(void)
{
    for (const Command *const *c = command_table(); *c; c++)
        finds((*c)->name, (*c)->name, strchr((*c)->name, ' ') ? 2 : 1);
}

static void test_prefix(void)
{
    finds("e hello", "echo", 1);
    finds("qua", "quantum", 1);
    finds("bar 3", "barrier", 1);
    finds("wai a x", "wait-line", 1);
    finds("run-", "run-until", 1);
    finds("inc x", "include", 1);
}

/* "run" is also how "run-until" begins. */
static void test_exact_beats_prefix(void)
{
    finds("run 5ms", "run", 1);
    finds("run-until 5ms", "run-until", 1);
}

static void test_two_words(void)
{
    finds("node add a cpu=max", "node add", 2);
    finds("no ad a", "node add", 2);
    finds("no r a", "node remove", 2);
    finds("nod l", "node list", 2);
    finds("node at x", "node attach", 2);
    finds("break t 1s", "break time", 2);
    finds("breaks", "breaks", 1);
}

static void test_ambiguous(void)
{
    g_autofree char *s = first_words("s");
    g_autofree char *message = g_strdup_printf("ambiguous command 's': could be %s", s);

    find_fails("s", message);
    g_assert_nonnull(strstr(s, "start"));
    g_assert_nonnull(strstr(s, "stats"));
    g_assert_nonnull(strstr(s, "send"));
    find_fails("ru 5ms", "ambiguous command 'ru': could be run, run-until");
    find_fails("sta", "ambiguous command 'sta': could be start, stats");
    find_fails("node a x", "ambiguous command 'node a': could be add, attach");
}

static void test_unknown(void)
{
    find_fails("frobnicate now", "unknown command 'frobnicate': `help` lists the commands");
    find_fails("verify a.mtr",
               "unknown command 'verify': as `metronome verify` it begins a command "
               "line, see `metronome --help`");
    find_fails("node kill a",
               "unknown command 'node kill': add, attach, remove, list, console, transcript");
}

static void test_meant(void)
{
    find_fails("runs", "unknown command 'runs': did you mean 'run'?");
    find_fails("Run", "unknown command 'Run': did you mean 'run'?");
    find_fails("rnu 5ms", "unknown command 'rnu': did you mean 'run'?");
    find_fails("assertt a.icount == 1", "unknown command 'assertt': did you mean 'assert'?");
    find_fails("waitline a x", "unknown command 'waitline': did you mean 'wait-line'?");
    find_fails("noed add a", "unknown command 'noed': did you mean 'node'?");
    find_fails("node addd a", "unknown command 'node addd': did you mean 'add'?");
    find_fails("link lst", "unknown command 'link lst': did you mean 'list'?");
    /* Half of a command, the wrong half. */
    find_fails("attach a", "unknown command 'attach': did you mean 'node attach'?");
}

static void test_half_a_name(void)
{
    find_fails("node",
               "'node' is half a command: it goes on with add, attach, remove, list, console, "
               "transcript");
    find_fails("no", "'node' is half a command: it goes on with add, attach, remove, list, "
                     "console, transcript");
}

/* Quotes with nothing between them. */
static void test_empty_word(void)
{
    char *words[] = {(char *)"", NULL}, *second[] = {(char *)"node", (char *)"", NULL};
    g_autoptr(GError) error = NULL, other = NULL;
    unsigned used;

    g_assert_null(command_find(words, &used, &error));
    g_assert_error(error, SESSION_ERROR, SESSION_ERROR_USAGE);
    g_assert_cmpstr(error->message, ==, "a command is expected, not '': `help` lists the commands");
    g_assert_null(command_find(second, &used, &other));
    g_assert_cmpstr(other->message, ==,
                    "unknown command 'node ': add, attach, remove, list, console, transcript");
}

/* --- entries --- */

static void check_entry(const Command *c)
{
    g_test_message("%s", c->name);
    g_assert_cmpuint(strlen(c->name), >, 0);
    g_assert_nonnull(c->usage);
    g_assert_nonnull(c->help);
    g_assert_cmpuint(strlen(c->help), >=, 10);
    /* One sentence; help puts the full stop. */
    g_assert_true(g_ascii_isupper(c->help[0]));
    g_assert_false(g_str_has_suffix(c->help, "."));
    g_assert_null(strchr(c->help, '\n'));
    g_assert_nonnull(c->exec);
    g_assert_cmpint(c->least, <=, c->most);
}

static void test_entries(void)
{
    unsigned count = 0;

    for (const Command *const *c = command_table(); *c; c++, count++)
        check_entry(*c);
    g_assert_cmpuint(count, >=, 23);
}

static void test_names_differ(void)
{
    const Command *const *table = command_table();

    for (unsigned i = 0; table[i]; i++)
        for (unsigned j = 0; j < i; j++)
            g_assert_cmpstr(table[i]->name, !=, table[j]->name);
}

/* What the code takes as a key is what help shows, no more and no less. */
static void keys_are_shown(const Command *c, const char *const *keys)
{
    g_autoptr(GPtrArray) shown = usage_keys(c->usage);

    for (unsigned i = 0; keys[i]; i++) {
        g_test_message("%s %s=", c->name, keys[i]);
        g_assert_true(g_ptr_array_find_with_equal_func(shown, keys[i], g_str_equal, NULL));
    }
    for (unsigned i = 0; i < shown->len; i++) {
        g_test_message("%s %s=", c->name, (char *)shown->pdata[i]);
        g_assert_true(g_strv_contains(keys, shown->pdata[i]));
    }
}

static void test_keys_are_shown(void)
{
    const char *const of_list[] = {"from", "identity", "fingerprint", "metronome", "cpus",
                                   "line", "listen",   "bind",        "ports",     NULL};

    keys_are_shown(&cmd_node_add, node_option_keys());
    keys_are_shown(&cmd_defaults, node_defaults_keys());
    keys_are_shown(&cmd_link_add, link_options_keys());
    keys_are_shown(&cmd_link_set, link_options_keys());
    keys_are_shown(&cmd_host_add, remote_host_keys());
    keys_are_shown(&cmd_hosts, of_list);
    keys_are_shown(&cmd_gateway_add, (const char *const[]){"unix", "peer", "tap", NULL});
    keys_are_shown(&cmd_node_attach, (const char *const[]){"qmp", "gdb", NULL});
}

/* --- what is begun --- */

/* Begins a command in a session that only checks. */
static char *refusal(const char *line)
{
    g_autoptr(Session) s = session_new((SessionOptions){.dry = true, .quiet = true}, NULL);
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    CommandCall call = {.session = s};
    g_autoptr(GError) error = NULL;

    if (command_begin(&call, words, &error) != COMMAND_FAILED) {
        command_free_state(s);
        return NULL;
    }
    command_free_state(s);
    return g_strdup(error->message);
}

static void refuses(const char *line, const char *expected)
{
    g_autofree char *message = refusal(line);

    g_assert_cmpstr(message, ==, expected);
}

static void test_wrong_arguments(void)
{
    refuses("quantum 1ms 2ms", "quantum: '2ms' is too much; usage: quantum [DURATION|auto]");
    refuses("start now", "start: 'now' is too much; usage: start");
    refuses("delete", "delete: N is missing; usage: delete N");
    refuses("seed", "seed: N is missing; usage: seed N");
    refuses("node transcript a", "node transcript: FILE or off is missing; usage: node transcript "
                                 "NODE[.PORT] FILE|off");
    refuses("perf onn", "perf: 'onn' is no on or off; did you mean 'on'?; usage: perf [on|off]");
    refuses("network trace lsat=3",
            "network trace: 'lsat=3' has an unknown key; did you mean 'last='?; "
            "usage: network trace [node=END] [last=N]");
}

static void test_keys_once(void)
{
    refuses("node add a memory=1G memory=2G",
            "node add: 'memory=1G' and 'memory=2G': memory= may be given once; `help node add` "
            "shows the usage");
    refuses("link add a b >loss=1% latency=1ms >loss=2%",
            "link add: '>loss=1%' and '>loss=2%': loss= may be given once; `help link add` shows "
            "the usage");
    refuses("network trace last=1 last=2",
            "network trace: 'last=1' and 'last=2': last= may be given once; usage: network trace "
            "[node=END] [last=N]");
    refuses("node add a smp=1 cpu=max", NULL);
    refuses("echo last=1 last=2", NULL); /* no keys of its own */
    /* One for both directions, and another for one of them. */
    refuses("link add a b loss=1% >loss=2%", "'a' is neither a node nor a switch");
}

/* --- help --- */

static GString *printed;

static void on_output(const char *text, void *data)
{
    (void)data;
    g_string_append(printed, text);
}

static bool help(const char *topic, GError **error)
{
    Session session = {.on_output = on_output};
    g_auto(GStrv) args = g_strsplit(topic, " ", -1);
    CommandCall call = {
        .session = &session, .command = &cmd_help, .args = args, .n_args = g_strv_length(args)};
    CommandResult result;

    g_string_truncate(printed, 0);
    result = cmd_help.exec(&call, error);
    g_assert_true(result == COMMAND_DONE || result == COMMAND_FAILED);
    return result == COMMAND_DONE;
}

/* A command of one word whose word begins others: only their very second word is theirs. */
static void test_longer(void)
{
    static const struct {
        const char *line, *name;
        unsigned used;
    } cases[] = {{"mem write a 0 00", "mem write", 2},
                 {"mem w 0 4", "mem", 1},
                 {"mem", "mem", 1},
                 {"mem writer 0 4", "mem", 1},
                 {"log console on", "log console", 2},
                 {"log debug", "log", 1}};

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) words = g_strsplit(cases[i].line, " ", -1);
        unsigned used = 0;
        const Command *c = command_find(words, &used, NULL);

        g_assert_cmpstr(c->name, ==, cases[i].name);
        g_assert_cmpuint(used, ==, cases[i].used);
    }
}

/* Registers are shown at any time, and set at rest only. */
static void test_when(void)
{
    char *shown[] = {(char *)"a", (char *)"x0", NULL}, *set[] = {(char *)"a", (char *)"x0=1", NULL};

    g_assert_cmpint(command_when(&cmd_regs, shown), ==, COMMAND_LOOKS);
    g_assert_cmpint(command_when(&cmd_regs, set), ==, COMMAND_AT_REST);
    g_assert_cmpint(command_when(&cmd_mem, set), ==, COMMAND_LOOKS);
}

static void test_help_all(void)
{
    g_auto(GStrv) lines = NULL;
    unsigned i = 0;

    g_assert_true(help("", NULL));
    lines = g_strsplit(printed->str, "\n", -1);
    for (const Command *const *c = command_table(); *c; c++, i++) {
        g_assert_true(g_str_has_prefix(lines[i], (*c)->name));
        g_assert_true(g_str_has_suffix(lines[i], (*c)->help));
    }
    g_assert_cmpstr(lines[i], ==, "");
    g_assert_null(lines[i + 1]);
}

static void test_help_one(void)
{
    g_assert_true(help("barrier", NULL));
    g_assert_cmpstr(printed->str, ==, "barrier [N] [pace=X]\n  Run N quanta, to a barrier.\n");
    g_assert_true(help("no rem", NULL));
    g_assert_true(g_str_has_prefix(printed->str, "node remove NODE\n  End a launched QEMU"));
}

static void test_help_each(void)
{
    for (const Command *const *c = command_table(); *c; c++) {
        g_autofree char *text =
            g_strdup_printf("%s %s\n  %s.\n", (*c)->name, (*c)->usage, (*c)->help);

        g_assert_true(help((*c)->name, NULL));
        g_assert_true(g_str_has_prefix(printed->str, text));
        if (strlen(printed->str) > strlen(text)) { /* `mem`, of which there is a `mem write` */
            g_autofree char *longer = g_strconcat((*c)->name, " ", NULL);

            g_assert_true(g_str_has_prefix(printed->str + strlen(text), longer));
        }
    }
}

static void test_help_unknown(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(help("frob", &error));
    g_assert_error(error, SESSION_ERROR, SESSION_ERROR_USAGE);
    g_assert_true(g_str_has_prefix(error->message, "unknown command 'frob': "));
    g_assert_cmpstr(printed->str, ==, "");
}

/* --- what commands share --- */

static void test_option(void)
{
    g_assert_cmpstr(text_value("qmp=/a=b", "qmp"), ==, "/a=b");
    g_assert_cmpstr(text_value("qmp=", "qmp"), ==, "");
    g_assert_null(text_value("qmp", "qmp"));
    g_assert_null(text_value("qmpx=1", "qmp"));
    g_assert_null(text_value("qm=1", "qmp"));
}

static void test_usage_error(void)
{
    CommandCall call = {.command = &cmd_barrier};
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(command_usage_error(&call, "it is late", &error), ==, COMMAND_FAILED);
    g_assert_cmpstr(error->message, ==, "barrier: it is late; usage: barrier [N] [pace=X]");
    g_assert_cmpint(command_outcome(error), ==, OUTCOME_USAGE);
}

static void exit_code_is(GQuark domain, int code, int expected)
{
    g_autoptr(GError) error = g_error_new_literal(domain, code, "x");

    g_assert_cmpint(outcome_exit_code(command_outcome(error)), ==, expected);
}

static void test_exit_codes(void)
{
    exit_code_is(SESSION_ERROR, SESSION_ERROR_USAGE, 2);
    exit_code_is(SESSION_ERROR, SESSION_ERROR_FAILED, 1);
    exit_code_is(SESSION_ERROR, SESSION_ERROR_NODE, 3);
    exit_code_is(SESSION_ERROR, SESSION_ERROR_INTERRUPTED, 130);
    exit_code_is(SESSION_ERROR, SESSION_ERROR_QUIT, 0);
    exit_code_is(NODE_ERROR, NODE_ERROR_OPTION, 2);
    exit_code_is(NODE_ERROR, NODE_ERROR_STATE, 2);
    exit_code_is(NODE_ERROR, NODE_ERROR_LAUNCH, 3);
    exit_code_is(NODE_ERROR, NODE_ERROR_DIED, 3);
    exit_code_is(NODE_ERROR, NODE_ERROR_SYSTEM, 3);
    exit_code_is(QMP_ERROR, QMP_ERROR_COMMAND, 2);
}

/* For whoever comes through a gdb. A command that is not here must have no way to programs, files,
 * sockets or the terminal. */
static void test_outside(void)
{
    static const char *const outside[] = {
        "capture",     "defaults",     "gateway add",     "gdb",     "hmp",
        "host add",    "host remove",  "hosts",           "include", "node add",
        "node attach", "node console", "node transcript", "qmp",     "report",
        "set",         "start",        "trace",           NULL,
    };
    unsigned found = 0;

    for (const Command *const *c = command_table(); *c; c++) {
        if (g_strv_contains(outside, (*c)->name)) {
            g_assert_true((*c)->outside);
            found++;
        }
    }
    g_assert_cmpuint(found, ==, g_strv_length((char **)outside));
}

static void stays_inside(const char *text, bool wanted)
{
    g_autoptr(GError) error = NULL;

    if (command_check_inside(text, &error) != wanted)
        g_error("'%s'", text);
    g_assert_true(wanted == !error);
}

static void test_inside(void)
{
    stays_inside("time", true);
    stays_inside("regs a pc", true);
    stays_inside("", true);
    stays_inside("qmp a cont", false);
    stays_inside("qm a cont", false);
    stays_inside("'hmp' a stop", false);
    stays_inside("capture x", false);
    stays_inside("$word a cont", false);
    stays_inside("regs a $word", false);
    stays_inside("nonsense", false);
    stays_inside("'open", false);
}

/* What QEMU's monitor is asked for on behalf of a gdb. */
static void test_looks(void)
{
    static const char *const looks[] = {"info version", " info\tmtree", "x/2i 0x0",
                                        "x /2i 0",      "xp 0",         "p $pc",
                                        "print/x 1",    "gva2gpa 0",    "info"};
    static const char *const others[] = {
        "",       "stop",          "cont",    "infox", "inf",          "screendump x", "migrate x",
        "i/x 0",  "o/x 0 0",       "sum 0 1", "x\n",   "info a\rstop", "info a\nstop", "savevm",
        "p;stop", "memsave 0 1 x", "print1",  "INFO",  "gpa2hva 0"};

    for (size_t i = 0; i < G_N_ELEMENTS(looks); i++)
        g_assert_true(gdb_monitor_looks(looks[i]));
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        g_assert_false(gdb_monitor_looks(others[i]));
    g_assert_true(gdb_monitor_is_modest("x/4096i 0"));
    g_assert_true(gdb_monitor_is_modest("x/i 0"));
    g_assert_true(gdb_monitor_is_modest("x 0"));
    g_assert_true(gdb_monitor_is_modest("info version"));
    g_assert_false(gdb_monitor_is_modest("x/4097i 0"));
    g_assert_false(gdb_monitor_is_modest("xp  /99999999999999999999x 0"));
}

int main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    printed = g_string_new(NULL);
    g_test_add_func("/table/longer", test_longer);
    g_test_add_func("/table/when", test_when);
    g_test_add_func("/table/find/exact", test_exact);
    g_test_add_func("/table/find/prefix", test_prefix);
    g_test_add_func("/table/find/exact-beats-prefix", test_exact_beats_prefix);
    g_test_add_func("/table/find/two-words", test_two_words);
    g_test_add_func("/table/find/ambiguous", test_ambiguous);
    g_test_add_func("/table/find/unknown", test_unknown);
    g_test_add_func("/table/find/meant", test_meant);
    g_test_add_func("/table/find/half-a-name", test_half_a_name);
    g_test_add_func("/table/find/empty-word", test_empty_word);
    g_test_add_func("/table/entries/complete", test_entries);
    g_test_add_func("/table/entries/names-differ", test_names_differ);
    g_test_add_func("/table/entries/keys", test_keys_are_shown);
    g_test_add_func("/table/begin/wrong-arguments", test_wrong_arguments);
    g_test_add_func("/table/begin/keys-once", test_keys_once);
    g_test_add_func("/table/help/all", test_help_all);
    g_test_add_func("/table/help/one", test_help_one);
    g_test_add_func("/table/help/each", test_help_each);
    g_test_add_func("/table/help/unknown", test_help_unknown);
    g_test_add_func("/table/shared/option", test_option);
    g_test_add_func("/table/shared/usage-error", test_usage_error);
    g_test_add_func("/table/shared/exit-codes", test_exit_codes);
    g_test_add_func("/table/gdb/outside", test_outside);
    g_test_add_func("/table/gdb/inside", test_inside);
    g_test_add_func("/table/gdb/looks", test_looks);
    status = g_test_run();
    g_string_free(printed, TRUE);
    return status;
}
