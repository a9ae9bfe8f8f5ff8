/* SPDX-License-Identifier: GPL-3.0-or-later */
/* icount.c: parses -icount part by part; each part may be given once. */
#include "controller/qemu/icount.h"

#include "controller/base/suggest.h"
#include "controller/base/units.h"
#include "controller/qemu/node-error.h"
#include "controller/qemu/option-value.h"

#include <string.h>

/* icount_configure() in QEMU's accel/tcg/icount-common.c (7.2: softmmu/icount.c): MAX_ICOUNT_SHIFT
 */
#define MAX_SHIFT 10

Icount icount_usual(void)
{
    return (Icount){.enabled = true, .shift = 0, .sleep_on = true};
}

static bool parse_icount_part(const char *part, Icount *out, GError **error)
{
    const char *value = strchr(part, '=');
    g_autofree char *key = value ? g_strndup(part, value - part) : g_strdup("shift"), *meant = NULL;
    static const char *const known[] = {"shift", "sleep", "align", NULL};
    int64_t shift;
    bool on = false;

    value = value ? value + 1 : part;
    if (strcmp(key, "shift") == 0) {
        if (strcmp(value, "auto") == 0)
            return option_bad(error,
                              "icount shift=auto is refused: QEMU would change the length of an "
                              "instruction by the host's clock, so nothing would be exact or "
                              "repeatable; give a number from 0 to %d",
                              MAX_SHIFT);
        if (!units_parse_int(value, "icount shift", 0, MAX_SHIFT, &shift, error))
            return false;
        out->shift = (int)shift;
        return true;
    }
    if (strcmp(key, "sleep") == 0)
        return option_onoff("icount sleep", value, &out->sleep_on, error);
    if (strcmp(key, "align") == 0) {
        if (!option_onoff("icount align", value, &on, error))
            return false;
        if (on)
            return option_bad(error, "icount align=on is refused: QEMU would delay the guest by "
                                     "the host's clock; leave it away or write align=off");
        return true;
    }
    meant = suggest_suffix(key, known);
    return option_bad(error,
                      "icount '%s': shift=0..%d, sleep=on|off, align=off or just 'off' is "
                      "expected%s",
                      part, MAX_SHIFT, meant);
}

bool icount_change(const char *text, Icount *out, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);

    if (!*text)
        return option_bad(error, "icount= is empty: shift=0..%d, sleep=on|off or off is expected",
                          MAX_SHIFT);
    if (strcmp(text, "off") == 0) {
        *out = icount_usual();
        out->enabled = false;
        return true;
    }
    out->enabled = true;
    for (char **p = parts; *p; p++) {
        for (char **before = parts; before < p; before++)
            if (strcspn(*p, "=") == strcspn(*before, "=") &&
                strncmp(*p, *before, strcspn(*p, "=")) == 0)
                return option_bad(error, "icount '%s' and '%s': each may be given once", *before,
                                  *p);
        if (!parse_icount_part(*p, out, error))
            return false;
    }
    return true;
}

bool icount_parse(const char *text, Icount *out, GError **error)
{
    *out = icount_usual();
    return icount_change(text, out, error);
}

char *icount_text(const Icount *icount)
{
    return icount->enabled ? g_strdup_printf("shift=%d,sleep=%s", icount->shift,
                                             icount->sleep_on ? "on" : "off")
                           : g_strdup("off");
}
