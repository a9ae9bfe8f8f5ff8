/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-rpc-params.c: parameters of a request become the words of a command, by its usage. */
#include "controller/command/usage.h"
#include "controller/serve/message.h"
#include "controller/serve/params.h"

#include <string.h>

/* The words, with bars between them, or the error; free with g_free(). */
static char *made_of(const char *method, const char *params)
{
    const Command *c = params_command(method);
    g_autofree char *line =
        g_strdup_printf("{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":%s}", method, params);
    g_auto(RpcRequest) r = {.notification = false};
    g_auto(GStrv) words = NULL;
    g_autoptr(GError) error = NULL;
    RpcCode code;

    g_assert_nonnull(c);
    g_assert_true(rpc_request_parse(&r, line, strlen(line), &code, NULL));
    words = params_words(c, r.params, &error);
    g_assert_true((words != NULL) == (error == NULL));
    return words ? g_strjoinv("|", words) : g_strdup(error->message);
}

static void are(const char *method, const char *params, const char *expected)
{
    g_autofree char *words = made_of(method, params);

    g_test_message("%s %s", method, params);
    g_assert_cmpstr(words, ==, expected);
}

static void refuses(const char *method, const char *params, const char *part)
{
    g_autofree char *message = made_of(method, params);

    g_test_message("%s %s: %s", method, params, message);
    g_assert_nonnull(strstr(message, part));
}

static void test_methods(void)
{
    for (const Command *const *c = command_table(); *c; c++) {
        g_autofree char *name = params_method(*c);

        g_assert_true(params_command(name) == *c);
        g_assert_null(strchr(name, ' '));
    }
    g_assert_null(params_command("node"));
    g_assert_null(params_command("ru"));
    g_assert_null(params_command("node add"));
    g_assert_null(params_command(""));
}

static void test_units(void)
{
    are("run", "{\"duration\":1000000}", "run|1000000ns");
    are("run", "{\"duration\":\"1ms\"}", "run|1ms");
    are("run", "{\"duration\":0}", "run|0ns");
    are("run", "{\"duration\":18446744073709551615}", "run|18446744073709551615ns");
    are("run", "{\"ninsn\":9223372036854775808,\"on\":\"a\"}", "run|9223372036854775808insn|on|a");
    are("run", "{\"ninsn\":1000}", "run|1000insn");
    are("run", "{\"ninsn\":\"1e6insn\",\"pace\":0.5}", "run|1e6insn|pace=0.5");
    are("run", "{\"duration\":1,\"pace\":2}", "run|1ns|pace=2");
    are("run-until", "{\"node\":\"a\",\"ninsn\":5}", "run-until|a|5insn");
    are("wait-line", "{\"node\":\"a\",\"regex\":\"x y\",\"timeout\":5}",
        "wait-line|a|x y|timeout=5ns");
    are("mem", "{\"node\":\"a\",\"addr\":18446744073709551615,\"len\":8,\"phys\":true}",
        "mem|a|18446744073709551615|8|phys=on");
    are("mem", "{\"node\":\"a\",\"addr\":\"main+4\",\"len\":8,\"phys\":false}",
        "mem|a|main+4|8|phys=off");
    are("quantum", "{\"duration\":\"auto\"}", "quantum|auto");
    are("quantum", "{\"auto\":true}", "quantum|auto");
    are("quantum", "{}", "quantum");
}

static void test_literals(void)
{
    are("wait-line", "{\"node\":\"a\",\"regex\":\"x\",\"or-break\":true}",
        "wait-line|a|x|or-break");
    are("wait-line", "{\"node\":\"a\",\"regex\":\"x\",\"or_break\":true}",
        "wait-line|a|x|or-break");
    are("wait-line", "{\"node\":\"a\",\"regex\":\"x\",\"or-break\":false}", "wait-line|a|x");
    are("run", "{\"ninsn\":5,\"on\":\"a\"}", "run|5insn|on|a");
    are("run", "{\"ninsn\":5,\"node\":\"a\"}", "run|5insn|on|a");
    are("save", "{\"name\":\"x\",\"file\":\"d\"}", "save|x|file=d");
    are("save", "{\"delete\":\"x\"}", "save|delete|x");
    are("perf", "{\"on\":true}", "perf|on");
    are("clocks", "{\"watch\":true,\"off\":true}", "clocks|watch|off");
    are("clocks", "{\"watch\":true,\"every\":5}", "clocks|watch|every=5");
    are("break.event", "{\"node\":\"a\",\"reset\":true,\"once\":true}", "break|event|a|reset|once");
    are("break.time", "{\"time\":5,\"if\":\"a.time > 1s\",\"once\":true,\"do\":\"time; continue\"}",
        "break|time|5ns|if|a.time > 1s|once|do|time; continue");
    are("node.transcript", "{\"node\":\"a\",\"off\":true}", "node|transcript|a|off");
    are("assert", "{\"expr\":\"time == 5ms\"}", "assert|time == 5ms");
    are("assert", "{\"happens-before\":[1,2]}", "assert|happens-before|1|2");
    are("assert", "{\"concurrent\":true,\"n\":3,\"m\":4}", "assert|concurrent|3|4");
}

static void test_lists(void)
{
    are("regs", "{\"node\":\"a.1\"}", "regs|a.1");
    are("regs", "{\"node\":\"a\",\"reg\":[\"pc\",\"x0\"]}", "regs|a|pc|x0");
    are("regs", "{\"node\":\"a\",\"reg\":\"pc\"}", "regs|a|pc");
    are("link.down", "{\"end\":[\"a\",\"b\"],\"at\":5}", "link|down|a|b|at=5ns");
    are("help", "{\"command\":\"node add\"}", "help|node|add");
    are("help", "{\"command\":\"run\"}", "help|run");
    are("echo", "{\"text\":\"two words\"}", "echo|two words");
    are("echo", "[\"a b\",5,\"$x\"]", "echo|a b|5|$x");
    are("run", "[\"1ms\"]", "run|1ms");
}

static void test_open(void)
{
    are("node.add",
        "{\"name\":\"a\",\"memory\":\"32M\",\"smp\":2,\"agent\":true,\"disk_mode\":\"host\"}",
        "node|add|a|memory=32M|smp=2|agent=on|disk-mode=host");
    are("link.add", "{\"end\":[\"a\",\"b\"],\"latency\":5,\">loss\":\"1%\",\"<jitter\":7}",
        "link|add|a|b|latency=5ns|>loss=1%|<jitter=7ns");
    are("defaults", "{\"memory\":\"32M\"}", "defaults|memory=32M");
    are("defaults", "{\"off\":true,\"default\":[\"memory\"]}", "defaults|off|memory");
    are("qmp", "{\"node\":\"a\",\"json\":{\"execute\":\"query-status\"}}",
        "qmp|a|{\"execute\":\"query-status\"}");
}

static void test_wrong(void)
{
    refuses("run", "{}", "missing");
    refuses("run", "{\"durtion\":1}", "did you mean 'duration'?");
    refuses("run", "{\"duration\":1.5}", "whole number of ns");
    refuses("run", "{\"duration\":-1}", "below 0");
    refuses("run", "{\"duration\":true}", "a value is expected");
    refuses("run", "{\"duration\":[]}", "missing");
    refuses("run", "{\"duration\":[1,2]}", "do not go together");
    refuses("run", "{\"duration\":[[1]]}", "a text or a number");
    refuses("run", "{\"duration\":\"a\\u0000\"}", "NUL");
    refuses("run", "{\"duration\":1,\"ninsn\":5}", "do not go together");
    refuses("mem", "{\"node\":\"a\",\"addr\":1,\"len\":1.5}", "whole number");
    refuses("link.down", "{\"end\":[\"a\"]}", "missing");
    refuses("link.down", "{\"end\":[\"a\",\"b\",\"c\"]}", "do not go together");
    refuses("start", "{\"x\":1}", "it has none");
    refuses("node.add", "{\"memory\":\"1M\"}", "'name' is missing");
    refuses("wait-line", "{\"node\":\"a\"}", "'regex' is missing");
}

/* What each command's usage shows as its arguments are words that the parser takes. */
static void test_described(void)
{
    g_autoptr(Answer) all = answer_new();
    g_autofree char *text = NULL;

    for (const Command *const *c = command_table(); *c; c++)
        params_describe(*c, all);
    text = rpc_notification("x", all);
    g_assert_nonnull(strstr(text, "{\"name\":\"run\",\"usage\":"));
    g_assert_nonnull(strstr(text, "{\"name\":\"duration\",\"type\":\"time\"}"));
    g_assert_nonnull(strstr(text, "{\"name\":\"ninsn\",\"type\":\"instructions\"}"));
    g_assert_nonnull(strstr(text, "{\"name\":\"or-break\",\"type\":\"flag\"}"));
    g_assert_nonnull(strstr(text, "{\"name\":\"memory\",\"type\":\"text\"}"));
    g_assert_nonnull(strstr(text, "{\"name\":\"latency\",\"type\":\"time\"}"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rpc/params/methods", test_methods);
    g_test_add_func("/rpc/params/units", test_units);
    g_test_add_func("/rpc/params/literals", test_literals);
    g_test_add_func("/rpc/params/lists", test_lists);
    g_test_add_func("/rpc/params/open", test_open);
    g_test_add_func("/rpc/params/wrong", test_wrong);
    g_test_add_func("/rpc/params/described", test_described);
    return g_test_run();
}
