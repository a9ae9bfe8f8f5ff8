/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lint-match.c: compares names and values with the lists of a rule. */
#include "controller/qemu/lint-match.h"

#include <string.h>

/* Whether an id is one that qemu-argv.c, nic-options.c or the engine gives: mtr-…, the gate's mt
 * and one character, the NICs' mr and mx with a number. */
static bool is_own_id(const char *id)
{
    if (id[0] != 'm')
        return false;
    if (g_str_has_prefix(id, "mtr-") || (id[1] == 't' && id[2] && !id[3]))
        return true;
    return (id[1] == 'r' || id[1] == 'x') && id[2] && !id[2 + strspn(id + 2, "0123456789")];
}

static bool leads_to_own(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path ? path : "", "/", -1);

    for (char **part = parts; *part; part++)
        if (is_own_id(*part))
            return true;
    return false;
}

bool lint_in(const char *list, const char *text)
{
    bool not_in = *list == '!';
    g_auto(GStrv) all = g_strsplit(list + not_in, "|", -1);

    if (strcmp(list, "@own") == 0)
        return leads_to_own(text);
    for (char **one = all; text && *one; one++)
        if (g_str_has_suffix(*one, "*") ? strncmp(*one, text, strlen(*one) - 1) == 0
                                        : strcmp(*one, text) == 0)
            return !not_in;
    return not_in;
}

const CmdOption *lint_find(const Lint *l, const char *names)
{
    for (unsigned i = l->options->len; i > 0; i--) {
        const CmdOption *o = &g_array_index(l->options, CmdOption, i - 1);

        if (lint_in(names, o->name))
            return o;
    }
    return NULL;
}

bool lint_fits(const LintRule *rule, const LintCase *c)
{
    const char *key = rule->key ? rule->key : rule->implied;
    const char *value = key ? cmdline_get(c->pairs, key) : c->option->value;

    return (!rule->values || lint_in(rule->values, value)) && (!rule->applies || rule->applies(c));
}
