/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-lint.c: whatever a command line holds, findings are one line of valid UTF-8 each, none is
 * there twice, and the same comes out again. Arguments are separated by newlines.
 */
#include "controller/qemu/lint.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void check(const GPtrArray *findings)
{
    for (unsigned i = 0; i < findings->len; i++) {
        g_autofree char *text = lint_text(findings->pdata[i]);

        demand(g_utf8_validate(text, -1, NULL) && !strchr(text, '\n'));
        for (unsigned j = 0; j < i; j++) {
            g_autofree char *other = lint_text(findings->pdata[j]);

            demand(strcmp(text, other) != 0);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *copy = g_strndup((const char *)bytes, len);
    g_auto(GStrv) argv = g_strsplit(copy, "\n", 200);
    g_autoptr(GPtrArray) findings = lint_arguments(argv, LINT_OWN);
    g_autoptr(GPtrArray) again = lint_arguments(argv, LINT_ATTACHED);
    g_autoptr(GPtrArray) refused = lint_refused(argv);

    check(findings);
    check(again);
    check(refused);
    /* sleep=on is told of attached ones alone; of the others once for all (run/sleep-note.c). */
    demand(again->len >= findings->len && again->len <= findings->len + 1);
    return 0;
}
