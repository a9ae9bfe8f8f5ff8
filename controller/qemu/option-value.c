/* SPDX-License-Identifier: GPL-3.0-or-later */
/* option-value.c: formats the errors, with a suggestion for a misspelled choice. */
#include "controller/qemu/option-value.h"

#include "controller/base/suggest.h"
#include "controller/qemu/node-error.h"

#include <string.h>

bool option_bad(GError **error, const char *format, ...)
{
    va_list args;
    GError *e;

    va_start(args, format);
    e = g_error_new_valist(NODE_ERROR, NODE_ERROR_OPTION, format, args);
    va_end(args);
    g_propagate_error(error, e);
    return false;
}

bool option_bad_choice(const char *key, const char *value, const char *right,
                       const char *const *choices, GError **error)
{
    g_autofree char *meant = suggest_suffix(value, choices);

    return option_bad(error, "%s='%s'%s%s", key, value, right, meant);
}

bool option_onoff(const char *key, const char *value, bool *out, GError **error)
{
    static const char *const onoff[] = {"on", "off", NULL};

    if (strcmp(value, "on") == 0 || strcmp(value, "off") == 0) {
        *out = value[1] == 'n';
        return true;
    }
    return option_bad_choice(key, value, ": on or off is expected", onoff, error);
}
