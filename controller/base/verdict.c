/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * verdict.c: records failures and checks, and decides which of several failures counts.
 */
#include "controller/base/verdict.h"

#include "controller/base/text.h"

#include <string.h>

static const struct {
    const char *name;
    int exit_code;
} outcomes[] = {
    [OUTCOME_RUNNING] = {"running", -1},
    [OUTCOME_PASSED] = {"passed", 0},
    [OUTCOME_FAILED] = {"failed", 1},
    [OUTCOME_USAGE] = {"usage", 2},
    [OUTCOME_OUTPUT_LOST] = {"output-lost", 2},
    [OUTCOME_NODE_FAILED] = {"node-failed", 3},
    [OUTCOME_EXACTNESS_LOST] = {"exactness-lost", 4},
    [OUTCOME_INTERRUPTED] = {"interrupted", 130},
};

const char *outcome_name(Outcome outcome)
{
    return outcomes[outcome].name;
}

bool outcome_find(const char *name, Outcome *out)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(outcomes); i++) {
        if (strcmp(outcomes[i].name, name) == 0) {
            *out = (Outcome)i;
            return true;
        }
    }
    return false;
}

int outcome_exit_code(Outcome outcome)
{
    return outcomes[outcome].exit_code;
}

Outcome outcome_of_exit_code(int code)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(outcomes); i++)
        if (outcomes[i].exit_code == code)
            return (Outcome)i;
    return OUTCOME_NODE_FAILED;
}

static bool replaces(Outcome old, Outcome new)
{
    switch (old) {
    case OUTCOME_RUNNING:
    case OUTCOME_PASSED:
        return true;
    case OUTCOME_OUTPUT_LOST:
        return new != OUTCOME_OUTPUT_LOST;
    case OUTCOME_FAILED:
        return new == OUTCOME_EXACTNESS_LOST;
    case OUTCOME_EXACTNESS_LOST:
        return new == OUTCOME_USAGE || new == OUTCOME_NODE_FAILED || new == OUTCOME_INTERRUPTED;
    case OUTCOME_USAGE:
    case OUTCOME_NODE_FAILED:
    case OUTCOME_INTERRUPTED:
        return false;
    }
    g_assert_not_reached();
}

void verdict_note(Verdict *v, Outcome outcome, const char *where, const char *message)
{
    if (outcome == OUTCOME_RUNNING || outcome == OUTCOME_PASSED || !replaces(v->outcome, outcome))
        return;
    v->outcome = outcome;
    g_free(v->where);
    v->where = g_strdup(where);
    g_free(v->message);
    v->message = message ? text_brief(message) : NULL;
}

void verdict_end(Verdict *v)
{
    if (v->outcome == OUTCOME_RUNNING)
        v->outcome = OUTCOME_PASSED;
}

static void check_free(void *data)
{
    Check *c = data;

    g_free(c->line);
    g_free(c->what);
    g_free(c->found);
    g_free(c);
}

/* Drops a tenth of the checks at once, so that not every new check drops one. */
static void forget_some(Verdict *v)
{
    GPtrArray *kept = g_ptr_array_new_with_free_func(check_free);
    unsigned excess[2] = {VERDICT_MAX_CHECKS / 10, 0}; /* number of failed, passed checks to drop */

    for (unsigned i = 0; i < v->checks->len && excess[false] > 0; i++)
        if (((const Check *)v->checks->pdata[i])->passed)
            excess[true]++, excess[false]--;
    for (unsigned i = 0; i < v->checks->len; i++) {
        Check *c = v->checks->pdata[i];

        if (excess[c->passed] > 0) {
            excess[c->passed]--;
            v->left_out++;
            check_free(c);
        } else {
            g_ptr_array_add(kept, c);
        }
    }
    g_ptr_array_set_free_func(v->checks, NULL);
    g_ptr_array_unref(v->checks);
    v->checks = kept;
}

void verdict_check(Verdict *v, const char *line, const char *what, const char *found, VTime at,
                   bool passed)
{
    Check *c = g_new(Check, 1);

    *c = (Check){g_strdup(line), g_strdup(what), g_strdup(found), at, passed};
    if (!v->checks)
        v->checks = g_ptr_array_new_with_free_func(check_free);
    if (v->checks->len >= VERDICT_MAX_CHECKS)
        forget_some(v);
    g_ptr_array_add(v->checks, c);
}

char *verdict_line(const Verdict *v)
{
    const char *message = v->message ? v->message : "";
    g_autofree char *first = NULL, *line = NULL;

    if (outcome_exit_code(v->outcome) <= 0)
        return NULL;
    first = g_strndup(message, strcspn(message, "\n"));
    g_strchomp(first);
    if (message[strcspn(message, "\n")] && g_str_has_suffix(first, ":"))
        first[strlen(first) - 1] = '\0'; /* the text announced by ':' is not in this line */
    line = g_strdup_printf("%s, exit code %d: %s%s%s", outcome_name(v->outcome),
                           outcome_exit_code(v->outcome), v->where ? v->where : "",
                           v->where ? ": " : "", first);
    return text_line(line, -1);
}

Verdict verdict_copy(const Verdict *v)
{
    return (Verdict){.outcome = v->outcome,
                     .where = g_strdup(v->where),
                     .message = g_strdup(v->message),
                     .checks = v->checks ? g_ptr_array_ref(v->checks) : NULL,
                     .left_out = v->left_out};
}

void verdict_clear(Verdict *v)
{
    g_clear_pointer(&v->where, g_free);
    g_clear_pointer(&v->message, g_free);
    g_clear_pointer(&v->checks, g_ptr_array_unref);
}
