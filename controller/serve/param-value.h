/* SPDX-License-Identifier: GPL-3.0-or-later */
/* param-value.h: one value of a request as it would be typed in a command. Pure. */
#ifndef SERVE_PARAM_VALUE_H
#define SERVE_PARAM_VALUE_H

#include <glib.h>
#include <stdbool.h>

struct json_object;

/* name: of the parameter, for errors. kind: the placeholder or the example of the usage that the
 * value stands for. key: it stands behind a key, where true and false are on and off. NULL with an
 * error, which is not set over one that is there; free with g_free(). */
char *param_value_text(const char *name, struct json_object *value, const char *kind, bool key,
                       GError **error);

/* Whether a kind is a time, so that numbers are ns. */
bool param_value_is_time(const char *kind);

#endif
