/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-node-options.c: what `node add` takes becomes a command line in which QEMU reads the same
 * file names, sockets and numbers, and which the linter can read. Lines: KEY=VALUE.
 */
#include "controller/qemu/cmdline.h"
#include "controller/qemu/guest-files.h"
#include "controller/qemu/lint.h"
#include "controller/qemu/option-keys.h"
#include "controller/qemu/options.h"
#include "controller/qemu/qemu-argv.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static bool says(const char *value, const char *key, const char *wanted)
{
    g_autoptr(GArray) pairs = cmdline_pairs(value, NULL);

    return g_strcmp0(cmdline_get(pairs, key), wanted) == 0;
}

/* serial=unix:PATH or telnet:[HOST]:PORT */
static void check_console(const NodeOptions *o, const char *value)
{
    const char *colon = strrchr(o->serial, ':');
    g_autofree char *host = NULL;

    if (g_str_has_prefix(o->serial, "unix:")) {
        demand(says(value, "path", o->serial + strlen("unix:")));
        return;
    }
    host = colon > o->serial + strlen("telnet:")
               ? g_strndup(o->serial + strlen("telnet:"),
                           (gsize)(colon - o->serial) - strlen("telnet:"))
               : g_strdup("127.0.0.1");
    demand(says(value, "host", host) && says(value, "port", colon + 1));
}

static void check_argv(const NodeOptions *o, char **argv)
{
    g_autoptr(GArray) options = cmdline_options(argv);
    bool disk = false, console = false;

    for (guint i = 0; i < options->len; i++) {
        const CmdOption *option = &g_array_index(options, CmdOption, i);

        if (strcmp(option->name, "drive") == 0 && says(option->value, "id", "disk0")) {
            demand(says(option->value, "file", o->disk) &&
                   says(option->value, "format", o->format));
            disk = true;
        }
        if (strcmp(option->name, "chardev") == 0 && says(option->value, "id", "mtr-console")) {
            if (o->serial)
                check_console(o, option->value);
            console = true;
        }
    }
    demand(disk == (o->disk != NULL));
    demand(console);
}

/* files= with absolute paths stays what it is, and names the same. */
static void check_files(const char *files)
{
    g_autofree char *whole = guest_files_whole(files), *again = guest_files_whole(whole);
    g_autoptr(GPtrArray) one = guest_files_list(files, NULL), other = guest_files_list(whole, NULL);
    g_autofree char *text = one ? guest_files_text(one) : NULL;
    g_autofree char *other_text = other ? guest_files_text(other) : NULL;

    demand(strcmp(whole, again) == 0);
    demand(g_strcmp0(text, other_text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const NodeWiring wiring = {.qmp_fd = 10,
                               .console_fd = 11,
                               .console_path = "/run/x/console",
                               .nic_fd = 12,
                               .agent_fd = 13,
                               .gdb_path = "/run/x/gdb",
                               .index = 3};
    g_autofree char *text = g_strndup((const char *)bytes, len);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 40), argv = NULL;
    g_autoptr(NodeOptions) o = node_options_new("a");
    g_autoptr(GPtrArray) findings = NULL;
    g_autoptr(GError) error = NULL;

    for (char **line = lines; *line; line++) {
        g_auto(GStrv) pair = g_strsplit(*line, "=", 2);
        bool ok;

        if (g_strv_length(pair) != 2)
            return 0;
        if (strcmp(pair[0], "files") == 0)
            check_files(pair[1]);
        ok = node_options_set(o, pair[0], pair[1], &error);
        demand(ok == !error);
        if (!ok)
            return 0;
    }
    if (!node_options_finish(o, &error) || !(argv = node_options_argv(o, &wiring, &error))) {
        demand(error != NULL);
        return 0;
    }
    demand(!error && o->smp >= 1 && o->memory > 0 && o->nics >= 0 && o->nics <= NODE_MAX_NICS);
    if (!o->extra)
        check_argv(o, argv);
    findings = lint_arguments(argv, LINT_OWN);
    demand(findings != NULL);
    return 0;
}
