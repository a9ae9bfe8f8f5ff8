/* SPDX-License-Identifier: GPL-3.0-or-later */
/* header.c: line by line, up to the first that is no comment. */
#include "controller/testing/header.h"

#include "controller/base/units.h"
#include "controller/session/session-error.h"

#include <string.h>

static bool refuse(unsigned line, const char *why, GError **error)
{
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "%u: %s", line, why);
    return false;
}

/* Reads a time above 0 that was not given before. */
static bool read_time(const char *value, int64_t *ns, GError **error)
{
    VTime t;

    if (!units_parse_duration(value, &t, error))
        return false;
    if (*ns > 0 || t.ns <= 0) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "%s",
                    *ns > 0 ? "it is given twice" : "a time above 0 is expected");
        return false;
    }
    *ns = t.ns;
    return true;
}

static bool read_from(const char *value, char **from, GError **error)
{
    if (!*from && *value) {
        *from = g_strdup(value);
        return true;
    }
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "%s",
                *from ? "it is given twice"
                      : "the scenario that boots, or the folder of a save, is expected");
    return false;
}

/* Reads "KEY: VALUE". False: it is wrong. */
static bool read_key(const char *key, const char *value, Header *out, GError **error)
{
    if (strcmp(key, "from") == 0)
        return read_from(value, &out->from, error);
    if (strcmp(key, "timeout") == 0)
        return read_time(value, &out->timeout.ns, error);
    if (strcmp(key, "virtual-timeout") == 0)
        return read_time(value, &out->limit.ns, error);
    return true;
}

/* Reads a comment, without its '#'. */
static bool read_comment(char *comment, unsigned line, Header *out, GError **error)
{
    char *text = g_strstrip(comment), *colon = strchr(text, ':');
    g_autofree char *key = NULL, *why = NULL;
    GError *e = NULL;

    if (!colon)
        return true;
    key = g_strndup(text, (gsize)(colon - text));
    if (read_key(key, g_strchug(colon + 1), out, &e))
        return true;
    why = g_strdup_printf("# %s: %s", key, e->message);
    g_error_free(e);
    return refuse(line, why, error);
}

bool header_parse(const char *text, Header *out, GError **error)
{
    const char *p = text;

    *out = (Header){0};
    if (g_str_has_prefix(p, "\xef\xbb\xbf")) /* a byte order mark */
        p += 3;
    for (unsigned line = 1; *p == '#'; line++) {
        gsize size = strcspn(p, "\n");
        g_autofree char *comment = g_strndup(p + 1, size - 1);

        if (!read_comment(comment, line, out, error))
            return false;
        p += size + (p[size] == '\n');
    }
    return true;
}

void header_clear(Header *h)
{
    g_clear_pointer(&h->from, g_free);
}
