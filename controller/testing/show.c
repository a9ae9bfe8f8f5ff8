/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show.c: see show.h. */
#include "controller/testing/show.h"

#include "controller/base/text.h"
#include "controller/base/units.h"
#include "controller/testing/kept.h"

#include <inttypes.h>

static const struct {
    const char *word, *colour;
} states[RESULT_STATES] = {
    [RESULT_NONE] = {"----", "33"},
    [RESULT_PASSED] = {"PASS", "32"},
    [RESULT_FAILED] = {"FAIL", "31"},
    [RESULT_ERROR] = {"ERROR", "31"},
};

/* Puts a line below the case's. */
G_GNUC_PRINTF(2, 3)
static void put_below(GString *out, const char *format, ...)
{
    g_autofree char *text = NULL, *plain = NULL;
    g_auto(GStrv) lines = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    plain = text_plain(text, -1);
    lines = g_strsplit(g_strchomp(plain), "\n", -1);
    for (char **line = lines; *line; line++)
        g_string_append_printf(out, "       %s\n", *line);
}

static void put_failure(GString *out, const TestCase *c, unsigned run)
{
    const TestResult *r = &c->results[run - 1];
    g_autofree char *number = c->runs > 1 ? g_strdup_printf("run %u: ", run) : g_strdup("");
    g_autofree char *message = text_brief(r->message ? r->message : "not run");
    g_autofree char *save = NULL, *quoted = NULL;

    put_below(out, "%s%s%s%s", number, r->where ? r->where : "", r->where ? ": " : "", message);
    if (!r->kept)
        return;
    save = kept_save(r->kept);
    quoted = save ? g_shell_quote(save) : NULL;
    put_below(out, "kept in %s%s%s%s", r->kept, quoted ? "; `metronome --from " : "",
              quoted ? quoted : "", quoted ? "` opens it" : "");
}

/* What stands behind the name: times and checks. */
static char *figures(const TestCase *c)
{
    const TestResult *r = case_result(c);
    g_autofree char *now = units_format_seconds(r->end.now);
    uint64_t passed = result_checks(r, true), failed = result_checks(r, false);
    GString *out = g_string_new(NULL);
    HTime took = {0};

    for (unsigned i = 0; i < c->runs; i++)
        took.ns += c->results[i].took.ns;
    g_string_append_printf(out, "%8.3f s", (double)took.ns / 1e9);
    if (c->runs > 1)
        g_string_append_printf(out, ", %u runs", c->ended);
    if (r->end.verdict.outcome != OUTCOME_RUNNING)
        g_string_append_printf(out, ", virtual %s, %" PRIu64 " check%s", now, passed + failed,
                               passed + failed == 1 ? "" : "s");
    return g_string_free(out, FALSE);
}

char *show_case(const TestCase *c, unsigned width, bool colour)
{
    ResultState state = case_result(c)->state;
    g_autofree char *name = text_line(c->name, -1), *numbers = figures(c);
    const char *word = states[state].word;
    GString *out = g_string_new(NULL);
    int pad = (int)width - (int)g_utf8_strlen(name, -1);

    if (colour)
        g_string_append_printf(out, "\033[%sm%-5s\033[0m", states[state].colour, word);
    else
        g_string_append_printf(out, "%-5s", word);
    g_string_append_printf(out, "  %s%*s  %s\n", name, MAX(pad, 0), "", numbers);
    for (unsigned run = 1; run <= c->runs; run++)
        if (c->results[run - 1].state == RESULT_FAILED || c->results[run - 1].state == RESULT_ERROR)
            put_failure(out, c, run);
    return g_string_free(out, FALSE);
}

static unsigned count(const GPtrArray *cases, ResultState state)
{
    unsigned n = 0;

    for (unsigned i = 0; i < cases->len; i++)
        n += case_result(cases->pdata[i])->state == state;
    return n;
}

char *show_summary(const GPtrArray *cases, const GPtrArray *boots, HTime took)
{
    unsigned not_run = count(cases, RESULT_NONE), errors = count(cases, RESULT_ERROR), booted = 0;
    GString *out = g_string_new(NULL);
    HTime in_boots = {0};

    for (unsigned i = 0; i < boots->len; i++) {
        const Boot *b = boots->pdata[i];

        booted += !b->is_save && b->result.state != RESULT_NONE;
        in_boots.ns += b->result.took.ns;
    }
    g_string_append_printf(out, "%u case%s: %u passed, %u failed", cases->len,
                           cases->len == 1 ? "" : "s", count(cases, RESULT_PASSED),
                           count(cases, RESULT_FAILED));
    if (errors > 0)
        g_string_append_printf(out, ", %u error%s", errors, errors == 1 ? "" : "s");
    if (not_run > 0)
        g_string_append_printf(out, ", %u not run", not_run);
    g_string_append_printf(out, ", in %.1f s", (double)took.ns / 1e9);
    if (booted > 0)
        g_string_append_printf(out, "; %u boot%s took %.1f s", booted, booted == 1 ? "" : "s",
                               (double)in_boots.ns / 1e9);
    g_string_append_c(out, '\n');
    return g_string_free(out, FALSE);
}

char *show_failures(const GPtrArray *cases)
{
    unsigned bad = cases->len - count(cases, RESULT_PASSED);

    return bad == 0 ? NULL
                    : g_strdup_printf("%u of %u case%s did not pass", bad, cases->len,
                                      cases->len == 1 ? "" : "s");
}
