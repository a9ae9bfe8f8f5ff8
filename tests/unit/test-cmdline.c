/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-cmdline.c: QEMU's command line taken apart as QEMU does it. */
#include "controller/qemu/cmdline.h"

#include <string.h>

static char *options_of(const char *line)
{
    g_auto(GStrv) argv = NULL;
    g_autoptr(GArray) options = NULL;
    GString *out = g_string_new(NULL);

    g_assert_true(g_shell_parse_argv(line, NULL, &argv, NULL));
    options = cmdline_options(argv);
    for (unsigned i = 0; i < options->len; i++) {
        const CmdOption *o = &g_array_index(options, CmdOption, i);

        g_string_append_printf(out, "%s<%s>", o->name, o->value ? o->value : "");
    }
    return g_string_free(out, FALSE);
}

static void test_options(void)
{
    static const char *const lines[][2] = {
        {"qemu", ""},
        {"qemu -S -m 5 --smp 2", "S<>m<5>smp<2>"},
        {"qemu -append -enable-kvm -nographic", "append<-enable-kvm>nographic<>"},
        {"qemu a.img -hda b.img", "<a.img>hda<b.img>"},
        {"qemu -serial", "serial<>"},
        {"qemu -", "<>"},
        {"qemu ''", "<>"},
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *got = options_of(lines[i][0]);

        g_assert_cmpstr(got, ==, lines[i][1]);
    }
}

static void pairs_are(const char *value, const char *implied, const char *expected)
{
    g_autoptr(GArray) pairs = cmdline_pairs(value, implied);
    g_autoptr(GString) out = g_string_new(NULL);

    for (unsigned i = 0; i < pairs->len; i++) {
        const CmdPair *p = &g_array_index(pairs, CmdPair, i);

        g_string_append_printf(out, "%s<%s>", p->key, p->value);
    }
    g_assert_cmpstr(out->str, ==, expected);
}

static void test_pairs(void)
{
    pairs_are(NULL, "type", "");
    pairs_are("", "type", "");
    pairs_are("user", "type", "type<user>");
    pairs_are("user", NULL, "user<on>");
    pairs_are("socket,nowait,server,path=/a,,b,id=x", "backend",
              "backend<socket>wait<off>server<on>path</a,b>id<x>");
    pairs_are("file=a=b,,,readonly", NULL, "file<a=b,>readonly<on>");
    pairs_are("a,,b,id=1", "type", "type<a,b>id<1>");
    pairs_are("id=1,", "type", "id<1>");
    pairs_are("no", NULL, "no<on>");
}

static void test_json(void)
{
    pairs_are("{\"type\": \"stream\", \"id\":\"x\", \"addr\": {\"type\":\"inet\", \"port\": 5},"
              " \"server\":true, \"a\\\"b\": \"c\\\\d\"}",
              NULL, "type<stream>id<x>addr.type<inet>addr.port<5>server<on>a\"b<c\\d>");
    pairs_are("{\"a\":[1,\"b\"],\"c\":false}", NULL, "a<1>a<b>c<off>");
    pairs_are("{\"a\":{\"b\":{\"c\":1},\"d\":2},\"e\":3}", NULL, "a.b.c<1>a.d<2>e<3>");
    pairs_are("{\"a", NULL, "<a>");
    pairs_are("{}}}{\"a\":", NULL, "");
}

static void test_get(void)
{
    g_autoptr(GArray) pairs = cmdline_pairs("a=1,b=on,a=2,c=off,yes,d=yes", NULL);

    g_assert_cmpstr(cmdline_get(pairs, "a"), ==, "2");
    g_assert_null(cmdline_get(pairs, "e"));
    g_assert_true(cmdline_is_on(pairs, "b") && cmdline_is_on(pairs, "d"));
    g_assert_false(cmdline_is_on(pairs, "c") || cmdline_is_on(pairs, "e"));
}

static void quote_is(const char *name, const char *value, const char *expected)
{
    const CmdOption option = {name, value};
    g_autofree char *got = cmdline_quote(&option);

    g_assert_cmpstr(got, ==, expected);
}

static void test_quote(void)
{
    g_autofree char *longer = g_strnfill(500, 'x');
    const CmdOption option = {"drive", longer};
    g_autofree char *cut = cmdline_quote(&option);

    quote_is("netdev", "user,id=x", "-netdev user,id=x");
    quote_is("enable-kvm", NULL, "-enable-kvm");
    quote_is("", "a.img", "a.img");
    quote_is("append", "a\nb", "-append a\\nb");
    quote_is("append", "\xff", "-append \\xff");
    g_assert_cmpuint(strlen(cut), ==, 163);
    g_assert_true(g_str_has_suffix(cut, "x…"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cmdline/options", test_options);
    g_test_add_func("/cmdline/pairs", test_pairs);
    g_test_add_func("/cmdline/json", test_json);
    g_test_add_func("/cmdline/get", test_get);
    g_test_add_func("/cmdline/quote", test_quote);
    return g_test_run();
}
