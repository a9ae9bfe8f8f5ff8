/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-defaults.c: what `defaults` takes, and what a node makes of it. */
#include "controller/qemu/defaults.h"
#include "controller/qemu/option-keys.h"

#include <string.h>

static bool say(NodeDefaults *d, const char *line, GError **error)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);

    return node_defaults_set(d, words, g_strv_length(words), false, error);
}

static void says(NodeDefaults *d, const char *line)
{
    g_autoptr(GError) error = NULL;
    bool ok = say(d, line, &error);

    g_assert_no_error(error);
    g_assert_true(ok);
}

static char *joined(const GPtrArray *pairs)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; i < pairs->len; i += 2)
        g_string_append_printf(text, "%s%s=%s", i ? " " : "", (char *)pairs->pdata[i],
                               (char *)pairs->pdata[i + 1]);
    return g_strdup(text->str);
}

static void are(const NodeDefaults *d, const char *expected)
{
    g_autofree char *text = joined(node_defaults_list(d));

    g_assert_cmpstr(text, ==, expected);
}

/* And nothing of the line is taken over. */
static void refuses(const char *line, const char *message)
{
    g_autoptr(NodeDefaults) d = node_defaults_new();
    g_autoptr(GError) error = NULL;

    says(d, "seed=7");
    g_assert_false(say(d, line, &error));
    g_assert_cmpstr(error->message, ==, message);
    are(d, "seed=7");
}

/* What a node is given that was described so. */
static NodeOptions *node(const NodeDefaults *d, const char *line, GError **error)
{
    g_auto(GStrv) words = *line ? g_strsplit(line, " ", -1) : g_new0(char *, 1);
    g_autoptr(NodeOptions) o = node_options_new("a");

    return node_defaults_apply(d, o, words, g_strv_length(words), error) ? g_steal_pointer(&o)
                                                                         : NULL;
}

static void node_gets(const NodeDefaults *d, const char *line, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NodeOptions) o = node(d, line, &error);
    g_autofree char *text = NULL;

    g_assert_no_error(error);
    text = joined(o->given);
    g_assert_cmpstr(text, ==, expected);
}

static void test_set(void)
{
    g_autoptr(NodeDefaults) d = node_defaults_new();

    are(d, "");
    says(d, "memory=64M icount=shift=3,sleep=off");
    are(d, "memory=64M icount=shift=3,sleep=off");
    says(d, "smp=2 memory=1G");
    are(d, "memory=1G icount=shift=3,sleep=off smp=2");
    says(d, "append=a=b");
    are(d, "memory=1G icount=shift=3,sleep=off smp=2 append=a=b");
}

/* Each part by itself. */
static void test_icount(void)
{
    g_autoptr(NodeDefaults) d = node_defaults_new();

    says(d, "icount=sleep=off");
    are(d, "icount=shift=0,sleep=off");
    says(d, "icount=shift=3");
    are(d, "icount=shift=3,sleep=off");
    node_gets(d, "", "icount=shift=3,sleep=off");
    node_gets(d, "icount=5", "icount=shift=5,sleep=off");
    node_gets(d, "icount=sleep=on", "icount=shift=3,sleep=on");
    node_gets(d, "icount=off", "icount=off");
    says(d, "icount=off");
    node_gets(d, "", "icount=off");
    node_gets(d, "icount=shift=2", "icount=shift=2,sleep=on");
}

static void test_apply(void)
{
    g_autoptr(NodeDefaults) d = node_defaults_new();
    g_autoptr(NodeOptions) o = NULL;
    g_autoptr(GError) error = NULL;

    says(d, "memory=64M nic=off on-exit=continue");
    node_gets(d, "", "memory=64M nic=off on-exit=continue");
    node_gets(d, "memory=1G smp=4", "nic=off on-exit=continue memory=1G smp=4");
    o = node(d, "nic=2", &error);
    g_assert_cmpint(o->memory, ==, INT64_C(64) << 20);
    g_assert_cmpint(o->nics, ==, 2);
    g_assert_cmpint(o->on_exit, ==, ON_EXIT_CONTINUE);
    g_assert_null(node(d, "memroy=1G", &error));
    g_assert_cmpstr(error->message, ==, "unknown key 'memroy': did you mean 'memory'?");
}

/* A node of another host, whose QEMU is not looked for here. */
static void test_host(void)
{
    char *words[] = {(char *)"qemu=/nowhere/qemu", (char *)"host=east", NULL};
    g_autoptr(NodeDefaults) d = node_defaults_new();
    g_autoptr(GError) error = NULL, here = NULL;

    g_assert_false(node_defaults_set(d, words, 1, false, &here));
    g_assert_nonnull(here);
    g_assert_true(node_defaults_set(d, words, 2, true, &error));
    g_assert_no_error(error);
    node_gets(d, "", "host=east qemu=/nowhere/qemu");
    node_gets(d, "host=west", "host=west qemu=/nowhere/qemu");
    g_assert_null(node(d, "host=local", &error));
    g_assert_true(g_str_has_prefix(error->message, "`defaults`: qemu='/nowhere/qemu' is no "));
}

static void unset(NodeDefaults *d, const char *line, const char *message)
{
    g_auto(GStrv) keys = *line ? g_strsplit(line, " ", -1) : g_new0(char *, 1);
    g_autoptr(GError) error = NULL;

    g_assert_true(node_defaults_unset(d, keys, g_strv_length(keys), &error) == !message);
    g_assert_cmpstr(error ? error->message : NULL, ==, message);
}

static void test_unset(void)
{
    g_autoptr(NodeDefaults) d = node_defaults_new();

    unset(d, "", NULL);
    unset(d, "memory", "no default of 'memory' is set: there is none");
    says(d, "memory=64M icount=sleep=off smp=2");
    unset(d, "smp memroy", "no default of 'memroy' is set: did you mean 'memory'?");
    unset(d, "agent", "no default of 'agent' is set: memory, icount, smp");
    are(d, "memory=64M icount=shift=0,sleep=off smp=2");
    unset(d, "smp icount smp", NULL);
    are(d, "memory=64M");
    says(d, "icount=shift=1");
    are(d, "memory=64M icount=shift=1,sleep=on");
    unset(d, "", NULL);
    are(d, "");
}

static void test_refused(void)
{
    refuses("memroy=64M", "unknown key 'memroy': did you mean 'memory'?");
    refuses("colour=red", "unknown key 'colour': `help defaults` lists the keys");
    refuses("memory", "'memory' is no key=value");
    refuses("smp=2 memory=x", "'x' is not a size: write it as 512M or 4G (K, M, G, T)");
    refuses("memory=4K", "memory of 4096 bytes is too small: 1M at least");
    refuses("arch=z80", "arch='z80' is unknown: aarch64, arm, i386, riscv32, riscv64, x86_64, or "
                        "another one whose qemu-system-z80 is in PATH");
    refuses("kernel=/nonexistent/Image", "kernel='/nonexistent/Image': No such file or directory");
    refuses("format=iso", "format='iso' is unknown: raw, qcow2, vmdk, vdi, vhdx, vpc");
    refuses("icount=shift=auto",
            "icount shift=auto is refused: QEMU would change the length of an instruction by the "
            "host's clock, so nothing would be exact or repeatable; give a number from 0 to 10");
}

static void refuses_key(const char *key, const char *reason)
{
    g_autoptr(NodeDefaults) d = node_defaults_new();
    g_autofree char *line = g_strconcat(key, "=x", NULL);
    g_autofree char *start = g_strdup_printf("%s= can't be a default: %s", key, reason);
    g_autoptr(GError) error = NULL;

    g_assert_false(say(d, line, &error));
    if (!g_str_has_prefix(error->message, start))
        g_error("expected '%s…', got '%s'", start, error->message);
}

/* What differs from node to node. */
static void test_own_keys(void)
{
    refuses_key("serial", "no two nodes can listen in one place");
    refuses_key("mac", "no two cards have the same address");
    refuses_key("persist", "a disk that keeps what its guest writes belongs to one node");
    refuses_key("name", "each node has a name of its own");
    refuses_key("gdb", "each node has a gdbstub of its own");
    refuses_key("qmp", "it is one QEMU's");
    refuses_key("quantum", "it is the ensemble's");
}

/* A key of `node add` is either, so that none is forgotten. */
static void test_all_keys(void)
{
    for (const char *const *key = node_option_keys(); *key; key++) {
        g_autoptr(NodeDefaults) d = node_defaults_new();
        g_autofree char *line = g_strconcat(*key, "=?", NULL);
        g_autoptr(GError) error = NULL;
        bool refused = !say(d, line, &error) && strstr(error->message, "can't be a default");

        g_test_message("%s", *key);
        g_assert_true(refused == !g_strv_contains(node_defaults_keys(), *key));
    }
}

static void test_blamed(void)
{
    char *words[] = {(char *)"append=x", NULL};
    g_autoptr(NodeDefaults) d = node_defaults_new();
    g_autofree char *some = NULL, *none = NULL;

    says(d, "append=quiet format=raw memory=1G");
    some = node_defaults_blamed(d, NULL, 0, "initrd= and append= need kernel=; format= too");
    g_assert_cmpstr(some, ==, "append=, format=");
    none = node_defaults_blamed(d, words, 1, "initrd= and append= need kernel=");
    g_assert_null(none);
}

static void test_copy(void)
{
    g_autoptr(NodeDefaults) from = node_defaults_new();
    g_autoptr(NodeDefaults) to = node_defaults_new();

    says(from, "memory=1G");
    says(to, "smp=2");
    node_defaults_copy(from, to);
    are(to, "memory=1G");
    says(from, "memory=2G");
    are(to, "memory=1G");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/defaults/set", test_set);
    g_test_add_func("/defaults/icount", test_icount);
    g_test_add_func("/defaults/apply", test_apply);
    g_test_add_func("/defaults/host", test_host);
    g_test_add_func("/defaults/unset", test_unset);
    g_test_add_func("/defaults/refused", test_refused);
    g_test_add_func("/defaults/own-keys", test_own_keys);
    g_test_add_func("/defaults/all-keys", test_all_keys);
    g_test_add_func("/defaults/blamed", test_blamed);
    g_test_add_func("/defaults/copy", test_copy);
    return g_test_run();
}
