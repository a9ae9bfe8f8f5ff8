/* SPDX-License-Identifier: GPL-3.0-or-later */
/* option-value.h: values of a node's options, and what is said of bad ones. Pure. */
#ifndef QEMU_OPTION_VALUE_H
#define QEMU_OPTION_VALUE_H

#include <glib.h>
#include <stdbool.h>

/* Sets NODE_ERROR_OPTION; returns false. */
bool option_bad(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Likewise: the value is none of the choices, which `right` lists. choices: NULL-terminated. */
bool option_bad_choice(const char *key, const char *value, const char *right,
                       const char *const *choices, GError **error);

/* on or off. */
bool option_onoff(const char *key, const char *value, bool *out, GError **error);

#endif
