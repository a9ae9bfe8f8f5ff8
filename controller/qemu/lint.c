/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lint.c: applies the rules of the table to a command line, and collects the findings. */
#include "controller/qemu/lint.h"

#include "controller/base/text.h"
#include "controller/qemu/lint-rules.h"

#include <string.h>

const char *lint_severity_name(LintSeverity severity)
{
    switch (severity) {
    case LINT_NOTE:
        return "note";
    case LINT_WARN:
        return "warn";
    case LINT_ERROR:
        return "error";
    }
    g_assert_not_reached();
}

char *lint_text(const LintFinding *f)
{
    g_autofree char *text = g_strdup_printf("%s: %s; %s", f->what, f->reason, f->mend);

    return text_brief(text);
}

static void free_finding(void *data)
{
    LintFinding *f = data;

    g_free(f->what);
    g_free(f);
}

/* Adds a finding, unless there is the same already. */
static void report(Lint *l, const char *what, const LintRule *rule)
{
    LintFinding *f;

    for (unsigned i = 0; i < l->findings->len; i++) {
        f = l->findings->pdata[i];
        if (strcmp(f->what, what) == 0 && strcmp(f->reason, rule->reason) == 0)
            return;
    }
    f = g_new(LintFinding, 1);
    f->severity = rule->severity;
    f->what = g_strdup(what);
    f->reason = rule->reason;
    f->mend = l->origin == LINT_OWN && rule->own_mend ? rule->own_mend : rule->mend;
    g_ptr_array_add(l->findings, f);
}

/* True: the rule fits, which has been said. */
static bool check(Lint *l, const LintRule *rule, const CmdOption *o)
{
    g_autoptr(GArray) pairs = NULL;
    g_autofree char *what = NULL;

    if (!lint_in(rule->names, o->name))
        return false;
    pairs = cmdline_pairs(o->value, rule->implied);
    if (!lint_fits(rule, &(LintCase){l, o, pairs}))
        return false;
    what = cmdline_quote(o);
    report(l, what, rule);
    return true;
}

/* All pairs of the options of a name, as QEMU merges them (merge_lists). */
static void check_merged(Lint *l, const LintRule *rule)
{
    const CmdOption *last = lint_find(l, rule->names);
    g_autoptr(GArray) pairs = cmdline_pairs(NULL, NULL);
    g_autoptr(GString) what = g_string_new(NULL); /* "-icount A, -icount B" */

    for (unsigned i = 0; i < l->options->len; i++) {
        const CmdOption *o = &g_array_index(l->options, CmdOption, i);
        g_autoptr(GArray) more = NULL;
        g_autofree char *one = NULL;

        if (!lint_in(rule->names, o->name))
            continue;
        more = cmdline_pairs(o->value, rule->implied);
        one = cmdline_quote(o);
        for (unsigned j = 0; j < more->len; j++)
            cmdline_add(pairs, g_array_index(more, CmdPair, j).key,
                        g_array_index(more, CmdPair, j).value);
        if (rule->kind == LINT_LAST)
            g_string_truncate(what, 0);
        g_string_append_printf(what, "%s%s", what->len ? ", " : "", one);
    }
    if (last && lint_fits(rule, &(LintCase){l, last, pairs}))
        report(l, what->str, rule);
}

static void check_absent(Lint *l, const LintRule *rule)
{
    g_autofree char *what = g_strdup_printf("no -%s", rule->names);

    what[strcspn(what, "|")] = '\0';
    if (!lint_find(l, rule->names))
        report(l, what, rule);
}

static void check_program(Lint *l, const LintRule *rule)
{
    const CmdOption program = {"", l->program};
    g_autofree char *what = cmdline_quote(&program);

    if (rule->applies(&(LintCase){l, &program, NULL}))
        report(l, what, rule);
}

/* Only the first rule that fits an option makes a finding. */
GPtrArray *lint_arguments(char *const *argv, LintOrigin origin)
{
    g_autoptr(GArray) options = cmdline_options(argv);
    g_autofree bool *found = g_new0(bool, options->len);
    GPtrArray *findings = g_ptr_array_new_with_free_func(free_finding);
    Lint l = {argv[0] ? argv[0] : "", options, origin, findings};

    for (unsigned i = 0; i < lint_n_rules; i++) {
        const LintRule *rule = &lint_rules[i];

        if (rule->place != LINT_AT_LINE)
            continue;
        switch (rule->kind) {
        case LINT_EACH:
        case LINT_LIST:
            for (unsigned j = 0; j < options->len; j++)
                found[j] = found[j] || check(&l, rule, &g_array_index(options, CmdOption, j));
            break;
        case LINT_MERGED:
        case LINT_LAST:
            check_merged(&l, rule);
            break;
        case LINT_ABSENT:
            check_absent(&l, rule);
            break;
        case LINT_PROGRAM:
            check_program(&l, rule);
            break;
        }
    }
    return findings;
}

/* The findings are in the order of the options. */
GPtrArray *lint_refused(char *const *argv)
{
    g_autoptr(GArray) options = cmdline_options(argv);
    GPtrArray *findings = g_ptr_array_new_with_free_func(free_finding);
    Lint l = {argv[0] ? argv[0] : "", options, LINT_OWN, findings};

    for (unsigned i = 0; i < options->len; i++)
        for (unsigned j = 0; j < lint_n_rules; j++)
            if (lint_rules[j].place == LINT_AT_EXTRA)
                check(&l, &lint_rules[j], &g_array_index(options, CmdOption, i));
    return findings;
}
