/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tap.c: see tap.h; texts in YAML are double-quoted. */
#include "controller/testing/tap.h"

#include "controller/base/text.h"

#include <inttypes.h>

char *tap_plan(unsigned cases)
{
    return g_strdup_printf("TAP version 13\n1..%u\n", cases);
}

/* A description, in which '#' would begin a directive. */
static char *describe(const char *name)
{
    g_autofree char *line = text_line(name, -1);
    GString *out = g_string_new(NULL);

    for (const char *p = line; *p; p++) {
        if (*p == '#' || *p == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *p);
    }
    return g_string_free(out, FALSE);
}

static void put(GString *out, const char *key, const char *value)
{
    g_autofree char *line = value ? text_line(value, -1) : NULL;

    if (!line)
        return;
    g_string_append_printf(out, "  %s: \"", key);
    for (const char *p = line; *p; p++) {
        if (*p == '"' || *p == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *p);
    }
    g_string_append(out, "\"\n");
}

char *tap_case(const TestCase *c, unsigned number)
{
    const TestResult *r = case_result(c);
    g_autofree char *name = describe(c->name);
    GString *out = g_string_new(NULL);
    HTime took = {0};

    for (unsigned i = 0; i < c->runs; i++)
        took.ns += c->results[i].took.ns;
    g_string_append_printf(out, "%sok %u - %s\n  ---\n", r->state == RESULT_PASSED ? "" : "not ",
                           number, name);
    put(out, "result", r->kind ? r->kind : result_state_name(r->state));
    if (c->runs > 1)
        g_string_append_printf(out, "  runs: %u\n", c->ended);
    if (c->runs > 1 && r->state != RESULT_PASSED)
        g_string_append_printf(out, "  run: %u\n", case_result_run(c));
    put(out, "message", r->message);
    put(out, "at", r->where);
    put(out, "boot", c->boot ? c->boot->path : NULL);
    put(out, "kept", r->kept);
    g_string_append_printf(out,
                           "  duration_ms: %" PRId64 "\n  virtual_ns: %" PRId64
                           "\n  checks_passed: %" PRIu64 "\n  checks_failed: %" PRIu64 "\n  ...\n",
                           took.ns / NS_PER_MS, r->end.now.ns, result_checks(r, true),
                           result_checks(r, false));
    return g_string_free(out, FALSE);
}

char *tap_bail_out(const char *why)
{
    g_autofree char *line = text_line(why, -1);

    return g_strdup_printf("Bail out! %s\n", line);
}
