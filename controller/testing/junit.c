/* SPDX-License-Identifier: GPL-3.0-or-later */
/* junit.c: see junit.h. */
#include "controller/testing/junit.h"

#include "controller/base/text.h"
#include "controller/base/units.h"

#include <inttypes.h>
#include <string.h>

/* How a file begins. */
#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites"

bool junit_is_one(const char *head, gsize size)
{
    return size >= strlen(HEAD) && memcmp(head, HEAD, strlen(HEAD)) == 0;
}

static void put_character(GString *out, gunichar c)
{
    switch (c) {
    case '&':
        g_string_append(out, "&amp;");
        return;
    case '<':
        g_string_append(out, "&lt;");
        return;
    case '>':
        g_string_append(out, "&gt;");
        return;
    case '"':
        g_string_append(out, "&quot;");
        return;
    default:
        break;
    }
    /* Char of XML 1.0, section 2.2, less what text_plain() leaves none of. */
    if (c == 0xfffe || c == 0xffff)
        g_string_append_printf(out, "\\u{%04x}", c);
    else
        g_string_append_unichar(out, c);
}

char *junit_escape(const char *bytes, gsize size)
{
    g_autofree char *plain = text_plain(bytes, (gssize)size);
    GString *out = g_string_sized_new(strlen(plain));

    for (const char *p = plain; *p; p = g_utf8_next_char(p))
        put_character(out, g_utf8_get_char(p));
    return g_string_free(out, FALSE);
}

/* Puts ` NAME="VALUE"`; a newline in the value is written out, as readers make it a blank. */
static void put_attribute(GString *out, const char *name, const char *value)
{
    g_autofree char *line = text_line(value, -1), *text = junit_escape(line, strlen(line));

    g_string_append_printf(out, " %s=\"%s\"", name, text);
}

static void put_seconds(GString *out, const char *name, HTime t)
{
    g_string_append_printf(out, " %s=\"%" PRId64 ".%03" PRId64 "\"", name, t.ns / NS_PER_S,
                           t.ns % NS_PER_S / NS_PER_MS);
}

static void put_property(GString *out, const char *name, const char *value)
{
    g_string_append(out, "      <property");
    put_attribute(out, "name", name);
    put_attribute(out, "value", value);
    g_string_append(out, "/>\n");
}

static void put_number(GString *out, const char *name, int64_t value)
{
    g_autofree char *text = g_strdup_printf("%" PRId64, value);

    put_property(out, name, text);
}

static void put_properties(GString *out, const TestCase *c)
{
    const TestResult *r = case_result(c);

    g_string_append(out, "    <properties>\n");
    put_property(out, "file", c->name);
    put_number(out, "virtual_ns", r->end.now.ns);
    put_number(out, "checks_passed", (int64_t)result_checks(r, true));
    put_number(out, "checks_failed", (int64_t)result_checks(r, false));
    put_number(out, "seed", r->end.seed);
    if (c->boot)
        put_property(out, "boot", c->boot->path);
    for (char **v = c->variables; v && *v; v++)
        put_property(out, "variable", *v);
    if (r->where)
        put_property(out, "where", r->where);
    if (r->kept)
        put_property(out, "kept", r->kept);
    if (c->again)
        put_property(out, "again", c->again);
    g_string_append(out, "    </properties>\n");
}

/* The folder of the case, as the name of a package. */
static char *class_of(const TestCase *c)
{
    g_autofree char *folder = g_path_get_dirname(c->name);
    g_auto(GStrv) parts = g_strsplit(folder, "/", -1);
    GString *name = g_string_new(NULL);

    for (char **p = parts; *p; p++)
        if (**p && strcmp(*p, ".") != 0)
            g_string_append_printf(name, "%s%s", name->len ? "." : "", *p);
    if (name->len == 0)
        g_string_append(name, "scenarios");
    return g_string_free(name, FALSE);
}

static char *name_of(const TestCase *c, unsigned run)
{
    g_autofree char *base = g_path_get_basename(c->name);

    if (g_str_has_suffix(base, ".mtr"))
        base[strlen(base) - strlen(".mtr")] = '\0';
    return run > 1 ? g_strdup_printf("%s (run %u)", base, run) : g_strdup(base);
}

/* What failed, for the body: the place, the message, and each check that failed. */
static void put_reason(GString *out, const TestResult *r)
{
    const GPtrArray *checks = r->end.verdict.checks;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *escaped = NULL;

    g_string_append_printf(text, "%s%s%s\n", r->where ? r->where : "", r->where ? ": " : "",
                           r->message ? r->message : "");
    for (unsigned i = 0; checks && i < checks->len; i++) {
        const Check *k = checks->pdata[i];
        g_autofree char *at = units_format_seconds(k->at);

        if (!k->passed)
            g_string_append_printf(text, "%s: at %s: %s: %s\n", k->line ? k->line : "", at, k->what,
                                   k->found ? k->found : "");
    }
    escaped = junit_escape(text->str, text->len);
    g_string_append(out, escaped);
}

static void put_outcome(GString *out, const TestResult *r)
{
    const char *element = r->state == RESULT_FAILED  ? "failure"
                          : r->state == RESULT_ERROR ? "error"
                                                     : "skipped";
    g_autofree char *message = g_strdup_printf("%s%s%s", r->where ? r->where : "",
                                               r->where ? ": " : "", r->message ? r->message : "");

    if (r->state == RESULT_PASSED)
        return;
    g_string_append_printf(out, "      <%s", element);
    put_attribute(out, "type", r->kind ? r->kind : "not-run");
    put_attribute(out, "message", *message ? message : "not run");
    g_string_append_c(out, '>');
    if (r->state != RESULT_NONE)
        put_reason(out, r);
    g_string_append_printf(out, "</%s>\n", element);
}

static void put_run(GString *out, const TestCase *c, unsigned run)
{
    const TestResult *r = &c->results[run - 1];
    g_autofree char *name = name_of(c, run), *class = class_of(c);
    g_autofree char *output = r->output ? junit_escape(r->output, r->output_size) : NULL;

    g_string_append(out, "    <testcase");
    put_attribute(out, "name", name);
    put_attribute(out, "classname", class);
    put_seconds(out, "time", r->took);
    g_string_append(out, ">\n");
    put_outcome(out, r);
    if (output)
        g_string_append_printf(out, "      <system-out>%s</system-out>\n", output);
    g_string_append(out, "    </testcase>\n");
}

/* Numbers of a suite, or of all. */
typedef struct {
    unsigned tests, by[RESULT_STATES];
    HTime took;
} Count;

static void add(Count *count, const TestCase *c)
{
    for (unsigned i = 0; i < c->runs; i++) {
        count->tests++;
        count->by[c->results[i].state]++;
        count->took.ns += c->results[i].took.ns;
    }
}

static void put_counts(GString *out, const Count *n)
{
    g_string_append_printf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\"", n->tests,
                           n->by[RESULT_FAILED], n->by[RESULT_ERROR]);
}

static void put_suite(GString *out, const TestCase *c, const char *started)
{
    Count n = {0};

    add(&n, c);
    g_string_append(out, "  <testsuite");
    put_attribute(out, "name", c->name);
    put_counts(out, &n);
    g_string_append_printf(out, " skipped=\"%u\"", n.by[RESULT_NONE]);
    put_seconds(out, "time", n.took);
    put_attribute(out, "timestamp", started);
    put_attribute(out, "file", c->name);
    g_string_append(out, ">\n");
    put_properties(out, c);
    for (unsigned run = 1; run <= c->runs; run++)
        put_run(out, c, run);
    g_string_append(out, "  </testsuite>\n");
}

char *junit_text(const GPtrArray *cases, const char *started, HTime took)
{
    GString *out = g_string_new(HEAD);
    Count all = {0};

    for (unsigned i = 0; i < cases->len; i++)
        add(&all, cases->pdata[i]);
    put_attribute(out, "name", "metronome");
    put_counts(out, &all);
    put_seconds(out, "time", took);
    g_string_append(out, ">\n");
    for (unsigned i = 0; i < cases->len; i++)
        put_suite(out, cases->pdata[i], started);
    g_string_append(out, "</testsuites>\n");
    return g_string_free(out, FALSE);
}
