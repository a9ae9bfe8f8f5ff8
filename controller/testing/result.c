/* SPDX-License-Identifier: GPL-3.0-or-later */
/* result.c: report.json says how the run ended, unless it was ended from outside. */
#include "controller/testing/result.h"

#include "controller/base/units.h"
#include "controller/run/limit.h"

#include <string.h>

/* Bytes of output that are kept of its beginning and of its end. */
#define HEAD ((gsize)64 << 10)
#define TAIL ((gsize)192 << 10)

static const char *const states[RESULT_STATES] = {"not run", "passed", "failed", "error"};

const char *result_state_name(ResultState state)
{
    return states[state];
}

uint64_t result_checks(const TestResult *r, bool passed)
{
    const GPtrArray *checks = r->end.verdict.checks;
    uint64_t n = passed ? r->end.verdict.left_out : 0; /* those that passed are left out first */

    for (unsigned i = 0; checks && i < checks->len; i++)
        n += ((const Check *)checks->pdata[i])->passed == passed;
    return n;
}

static void set(TestResult *r, ResultState state, const char *kind, int exit_code)
{
    r->state = state;
    r->kind = kind;
    r->exit_code = exit_code;
}

void result_refuse(TestResult *out, const char *kind, int exit_code, const char *message)
{
    set(out, RESULT_ERROR, kind, exit_code);
    g_free(out->message);
    out->message = g_strdup(message);
}

static void keep_output(TestResult *out, const char *bytes, gsize size)
{
    g_autofree char *gap = NULL;
    GString *text;

    if (size <= HEAD + TAIL) {
        out->output = g_memdup2(bytes, size);
        out->output_size = size;
        return;
    }
    gap = g_strdup_printf("\n[%" G_GSIZE_FORMAT " bytes left out]\n", size - HEAD - TAIL);
    text = g_string_new_len(bytes, (gssize)HEAD);
    g_string_append(text, gap);
    g_string_append_len(text, bytes + size - TAIL, (gssize)TAIL);
    out->output_size = text->len;
    out->output = g_string_free(text, FALSE);
}

static void read_files(const TestEnd *e, TestResult *out)
{
    g_autofree char *report = NULL;
    GMappedFile *output = g_mapped_file_new(e->output, FALSE, NULL);
    gsize size;

    if (g_file_get_contents(e->report, &report, &size, NULL))
        report_end_read(report, size, &out->end, NULL);
    if (output && g_mapped_file_get_length(output) > 0)
        keep_output(out, g_mapped_file_get_contents(output), g_mapped_file_get_length(output));
    if (output)
        g_mapped_file_unref(output);
}

/* The last line that the run has printed, which says how it ended. */
static char *last_line(const TestResult *r)
{
    g_autofree char *text = r->output ? g_strndup(r->output, r->output_size) : g_strdup("");
    const char *newline = strrchr(g_strchomp(text), '\n');

    return g_strdup(newline ? newline + 1 : text);
}

/* The run ended by itself. */
static void judge(const TestEnd *e, TestResult *r)
{
    Outcome outcome = outcome_of_exit_code(e->code);
    const char *message = r->end.verdict.message;
    const char *kind = outcome_name(outcome);

    r->where = g_strdup(r->end.verdict.where);
    r->message = message ? g_strdup(message) : last_line(r);
    if (outcome == OUTCOME_FAILED && message && g_str_has_prefix(message, LIMIT_MESSAGE))
        kind = "virtual-timeout";
    set(r,
        outcome == OUTCOME_FAILED || outcome == OUTCOME_EXACTNESS_LOST ? RESULT_FAILED
                                                                       : RESULT_ERROR,
        kind, outcome_exit_code(outcome));
}

static void judge_timeout(const TestEnd *e, TestResult *r)
{
    g_autofree char *limit = units_format_duration(vtime(e->timeout.ns));
    g_autofree char *at = units_format_seconds(r->end.now);

    set(r, RESULT_FAILED, "timeout", outcome_exit_code(OUTCOME_FAILED));
    r->where = g_strdup(r->end.verdict.where);
    r->message = g_strdup_printf("the host time limit of %s is over (--timeout)%s%s", limit,
                                 r->end.verdict.where ? "; virtual time stood at " : "",
                                 r->end.verdict.where ? at : "");
}

void result_read(const TestEnd *e, TestResult *out)
{
    *out = (TestResult){.took = e->took};
    read_files(e, out);
    if (e->code == 0) {
        set(out, RESULT_PASSED, NULL, 0);
    } else if (e->timeout.ns > 0) {
        judge_timeout(e, out);
    } else if (e->interrupted) {
        set(out, RESULT_NONE, "interrupted", outcome_exit_code(OUTCOME_INTERRUPTED));
        out->where = g_strdup(out->end.verdict.where);
        out->message = g_strdup("interrupted");
    } else if (e->code < 0) {
        set(out, RESULT_ERROR, "killed", outcome_exit_code(OUTCOME_NODE_FAILED));
        out->message = g_strdup_printf("metronome was ended by signal %d (%s)", -e->code,
                                       g_strsignal(-e->code));
    } else {
        judge(e, out);
    }
}

void result_clear(TestResult *r)
{
    report_end_clear(&r->end);
    g_clear_pointer(&r->where, g_free);
    g_clear_pointer(&r->message, g_free);
    g_clear_pointer(&r->output, g_free);
    g_clear_pointer(&r->kept, g_free);
    g_clear_pointer(&r->samples, g_free);
}
