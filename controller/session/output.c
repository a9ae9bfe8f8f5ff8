/* SPDX-License-Identifier: GPL-3.0-or-later */
/* output.c: prints text as text or as an "output" event, and events as JSON lines. */
#include "controller/session/output.h"

#include "controller/base/output.h"
#include "controller/base/text.h"
#include "controller/report/report.h"

static void show(const Session *session, const char *text)
{
    if (session->on_output) {
        session->on_output(text, NULL);
    } else {
        output_print(text);
    }
}

/* Takes over line. */
static void show_line(const Session *session, char *line)
{
    g_autofree char *text = g_strconcat(line, "\n", NULL);

    show(session, text);
    g_free(line);
}

void session_event(const Session *session, const char *event, const char *const *members)
{
    if (session->options.json && !session->hidden)
        show_line(session, report_event(event, members));
}

void session_event_list(const Session *session, const char *event, const char *const *members,
                        const char *key, const char *const *list, unsigned n)
{
    if (session->options.json && !session->hidden)
        show_line(session, report_event_list(event, members, key, list, n));
}

void session_print(const Session *session, const char *format, ...)
{
    g_autofree char *text = NULL, *plain = NULL;
    va_list args;

    if (session->options.dry || session->hidden)
        return;
    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    plain = text_plain(text, -1);
    session_print_raw(session, plain);
}

void session_print_raw(const Session *session, const char *text)
{
    if (session->options.json) {
        const char *const members[] = {"text", text, NULL};
        session_event(session, "output", members);
    } else {
        show(session, text);
    }
}

void session_finding(const Session *s, const char *kind, const char *name, const LintFinding *f)
{
    const char *severity = lint_severity_name(f->severity);
    const char *const members[] = {kind,     name,      "severity", severity, "what", f->what,
                                   "reason", f->reason, "mend",     f->mend,  NULL};
    g_autofree char *text = lint_text(f);
    g_autofree char *line = g_strdup_printf("%s %s: %s: %s\n", kind, name, severity, text);
    g_autofree char *plain = text_plain(line, -1);

    if (s->options.quiet)
        return;
    if (s->options.json)
        session_event(s, "finding", members);
    else
        session_print_raw(s, plain);
}
