/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pattern.c: GRegex in raw mode, with a limit for the steps of a match. */
#include "controller/qemu/pattern.h"

#include "controller/base/text.h"
#include "controller/qemu/options.h"

#include <string.h>

/* Limit for the steps of one match: some ms. PCRE's own limit is ten times as high. */
#define LIMIT "(*LIMIT_MATCH=1000000)"

static bool refuse(const char *text, const char *why, GError **error)
{
    g_autofree char *quoted = text_line(text, -1);

    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "'%s' is no regular expression: %s", quoted,
                why);
    return false;
}

/* Makes an error from GLib's message, which names the pattern, the position and the reason: "… at
 * char 3: reason". */
static bool explain(const char *text, const GError *cause, GError **error)
{
    const char *at = g_strrstr(cause->message, " at char ");
    g_autofree char *why = at ? g_strdup_printf("at character %s", at + strlen(" at char "))
                              : g_strdup(cause->message);

    return refuse(text, why, error);
}

bool pattern_check(const char *text, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(GRegex) plain = NULL;

    /* compiled without LIMIT in front, so that the position in an error is the user's */
    plain = g_regex_new(text, G_REGEX_RAW, 0, &cause);
    if (!plain)
        return explain(text, cause, error);
    /* A pattern with (*UTF) can't handle bytes that are no UTF-8. */
    return !strstr(text, "(*UTF") ||
           refuse(text, "(*UTF) is not possible: patterns match bytes", error);
}

GRegex *pattern_new(const char *text, GError **error)
{
    g_autofree char *limited = g_strconcat(LIMIT, text, NULL);

    if (!pattern_check(text, error))
        return NULL;
    return g_regex_new(limited, G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, error);
}

PatternResult pattern_try(const GRegex *pattern, const char *text, gsize size, PatternMatch *match)
{
    g_autoptr(GMatchInfo) info = NULL;
    g_autoptr(GError) error = NULL;

    if (!g_regex_match_full(pattern, text, (gssize)size, 0, 0, &info, &error))
        return error ? PATTERN_GAVE_UP : PATTERN_NO;
    match->n = MIN((unsigned)g_regex_get_capture_count(pattern), PATTERN_GROUPS);
    for (int i = 0; i < PATTERN_GROUPS; i++) {
        char *group = g_match_info_fetch(info, i + 1);

        match->groups[i] = group ? group : g_strdup("");
    }
    return PATTERN_YES;
}

void pattern_match_clear(PatternMatch *match)
{
    for (int i = 0; i < PATTERN_GROUPS; i++)
        g_clear_pointer(&match->groups[i], g_free);
}
