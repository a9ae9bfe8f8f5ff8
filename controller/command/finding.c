/* SPDX-License-Identifier: GPL-3.0-or-later */
/* finding.c: what a check has found in QEMU's options, or in a gateway. */
#include "controller/base/text.h"
#include "controller/command/command.h"

void command_finding(const Session *s, const char *kind, const char *name, const LintFinding *f)
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
        command_event(s, "finding", members);
    else
        command_print_raw(s, plain);
}
