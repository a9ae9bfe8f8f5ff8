/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-compare.c: samples of two runs differ in the same place whichever of them is looked at
 * first, a file does not differ from itself, and notes are passed over. The files are separated by
 * a zero byte.
 */
#include "controller/verify/compare.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void check_notes(const char *text)
{
    for (char *note; (note = compare_next_note(&text)); g_free(note))
        demand(!strchr(note, '\n'));
}

/* What is shown fits a terminal, and is the same whichever comes first. */
static void check_consoles(const char *a, const char *b)
{
    g_autoptr(ConsoleDifference) one = compare_consoles(a, strlen(a), b, strlen(b));
    g_autoptr(ConsoleDifference) other = compare_consoles(b, strlen(b), a, strlen(a));

    demand(!one == (strcmp(a, b) == 0) && !other == !one);
    if (!one)
        return;
    demand(one->line == other->line && one->longer == other->longer && (one->a || one->b));
    demand(g_strcmp0(one->a, other->b) == 0 && g_strcmp0(one->b, other->a) == 0);
    demand((!one->a || !strchr(one->a, '\n')) && (!one->b || g_utf8_validate(one->b, -1, NULL)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *a = g_strndup((const char *)bytes, len);
    size_t second = MIN(strlen(a) + 1, len);
    g_autofree char *b = g_strndup((const char *)bytes + second, len - second);
    uint64_t forth = 0, back = 0, same = 0;
    g_autoptr(Difference) one = compare_samples(a, b, &forth);
    g_autoptr(Difference) other = compare_samples(b, a, &back);

    demand(!one == !other && forth == back);
    demand(!compare_samples(a, a, &same) && same >= forth);
    if (one && one->node) {
        demand(other->node && strcmp(one->node, other->node) == 0);
        demand(g_strcmp0(one->a, other->b) == 0 && g_strcmp0(one->b, other->a) == 0);
        demand(one->samples == forth && one->from_a);
    }
    check_consoles(a, b);
    check_notes(a);
    check_notes(b);
    return 0;
}
