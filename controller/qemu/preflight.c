/* SPDX-License-Identifier: GPL-3.0-or-later */
/* preflight.c: applies lint.h to a command line, and logs the findings or makes an error of
 * them. */
#include "controller/qemu/preflight.h"

#include "controller/base/log.h"
#include "controller/base/proc.h"
#include "controller/qemu/cmdline.h"

#include <string.h>

void preflight_report(const char *name, char *const *argv, LintOrigin origin)
{
    g_autoptr(GPtrArray) findings = lint_arguments(argv, origin);

    for (unsigned i = 0; i < findings->len; i++) {
        const LintFinding *f = findings->pdata[i];
        g_autofree char *text = lint_text(f);

        if (f->severity == LINT_WARN)
            log_warn("node %s: %s", name, text);
        else
            log_info("node %s: %s", name, text);
    }
}

bool preflight_options(const NodeOptions *o, GError **error)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new(), findings = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    g_auto(GStrv) extra = NULL;
    char machine[] = "-machine";

    if (o->extra && *o->extra && !g_shell_parse_argv(o->extra, NULL, &extra, error))
        return false;
    g_ptr_array_add(argv, o->arch);
    if (o->machine) {
        g_ptr_array_add(argv, machine);
        g_ptr_array_add(argv, o->machine);
    }
    for (char **p = extra; p && *p; p++)
        g_ptr_array_add(argv, *p);
    g_ptr_array_add(argv, NULL);
    findings = lint_refused((char *const *)argv->pdata);
    for (unsigned i = 0; i < findings->len; i++) {
        g_autofree char *one = lint_text(findings->pdata[i]);

        g_string_append_printf(text, "%s%s", i ? "; also " : "", one);
    }
    if (findings->len == 0)
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "refused: %s", text->str);
    return false;
}

/* The command line of a process, NULL-terminated; free with g_strfreev(). */
static char **read_arguments(pid_t pid, GError **error)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", (int)pid);
    g_autofree char *data = NULL;
    gsize size;

    return g_file_get_contents(path, &data, &size, error) ? proc_words(data, size) : NULL;
}

/* Joins several -icount, as QEMU does (merge_lists, softmmu/icount.c). */
static bool read_icount(char *const *argv, Icount *out, GError **error)
{
    g_autoptr(GArray) options = cmdline_options(argv);
    g_autoptr(GString) all = g_string_new(NULL);

    for (unsigned i = 0; i < options->len; i++) {
        const CmdOption *o = &g_array_index(options, CmdOption, i);

        if (strcmp(o->name, "icount") == 0 && o->value)
            g_string_append_printf(all, "%s%s", all->len ? "," : "", o->value);
    }
    *out = (Icount){.enabled = false};
    if (all->len == 0 || icount_parse(all->str, out, error))
        return true;
    g_prefix_error(error, "its command line: ");
    return false;
}

bool preflight_attached(const char *name, pid_t pid, Icount *icount, GError **error)
{
    g_auto(GStrv) argv = read_arguments(pid, error);

    if (!argv || !read_icount(argv, icount, error))
        return false;
    preflight_report(name, argv, LINT_ATTACHED);
    return true;
}
