/* SPDX-License-Identifier: GPL-3.0-or-later */
/* option-value.h: parses values of a node's options, and makes the errors for bad ones. Pure. */
#ifndef QEMU_OPTION_VALUE_H
#define QEMU_OPTION_VALUE_H

#include <glib.h>
#include <stdbool.h>

/* Sets NODE_ERROR_OPTION; returns false. */
bool option_bad(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Likewise, for a value that is not among the choices. right: text behind the value, which lists
 * them. choices: NULL-terminated, for a suggestion. */
bool option_bad_choice(const char *key, const char *value, const char *right,
                       const char *const *choices, GError **error);

/* Parses on or off. */
bool option_onoff(const char *key, const char *value, bool *out, GError **error);

#endif
