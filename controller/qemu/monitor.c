/* SPDX-License-Identifier: GPL-3.0-or-later */
/* monitor.c: parses a monitor's command and its arguments, and tests them against the rules. */
#include "controller/qemu/monitor.h"

#include "controller/base/text.h"
#include "controller/qemu/lint-rules.h"
#include "controller/qemu/options.h"

#include <string.h>

/* --- lines of the human monitor, as QEMU's monitor/hmp.c reads them --- */

#define SPACES " \t\n\v\f\r"

/* Reads up to a space, or a text in double quotes with backslashes; moves *p behind it. */
static char *next_word(const char **p)
{
    GString *word = g_string_new(NULL);
    const char *q = *p + strspn(*p, SPACES);
    bool quoted = *q == '"';

    for (q += quoted; *q && (quoted ? *q != '"' : !strchr(SPACES, *q)); q++) {
        if (quoted && *q == '\\' && q[1])
            q++;
        g_string_append_c(word, *q);
    }
    *p = *q && quoted ? q + 1 : q;
    return g_string_free(word, FALSE);
}

/* The first word that is no option such as -j. */
static char *first_operand(const char *p)
{
    for (;;) {
        char *word = next_word(&p);

        if (*word != '-' || !word[1])
            return word;
        g_free(word);
    }
}

/* The rest of the line, or the text in quotes. */
static char *whole_operand(const char *p)
{
    p += strspn(p, SPACES);
    return *p == '"' ? next_word(&p) : g_strdup(p);
}

/* rest: the text behind a command of the human monitor; NULL: a command of QMP, with
 * `arguments`. */
static bool check(const char *command, const char *rest, const char *arguments, GError **error)
{
    g_autofree char *name = g_strdelimit(g_strdup(command), "_", '-');
    g_autofree char *plain = text_line(command, -1);
    g_autofree char *whole = rest ? whole_operand(rest) : g_strdup(arguments);
    g_autofree char *first = rest ? first_operand(rest) : g_strdup(arguments);

    for (unsigned i = 0; i < lint_n_rules; i++) {
        const LintRule *rule = &lint_rules[i];
        const CmdOption call = {name, rule->kind == LINT_LIST ? whole : first};
        g_autoptr(GArray) pairs = NULL;

        if (rule->place != LINT_AT_MONITOR || !lint_in(rule->names, name))
            continue;
        pairs = cmdline_pairs(call.value, rule->implied);
        if (!lint_fits(rule, &(LintCase){NULL, &call, pairs}))
            continue;
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "`%s` is refused: %s; %s", plain,
                    rule->reason, rule->mend);
        return false;
    }
    return true;
}

bool monitor_check_qmp(const char *command, const char *arguments, GError **error)
{
    g_autoptr(GArray) pairs = cmdline_pairs(arguments, NULL);
    const char *line = cmdline_get(pairs, "command-line");

    if (strcmp(command, "human-monitor-command") == 0 && line)
        return monitor_check_hmp(line, error);
    return check(command, NULL, arguments, error);
}

bool monitor_check_hmp(const char *line, GError **error)
{
    const char *start = line + strspn(line, SPACES), *end = start + strcspn(start, SPACES "/");
    g_autofree char *command = g_strndup(start, (gsize)(end - start));

    return check(command, end, NULL, error);
}
