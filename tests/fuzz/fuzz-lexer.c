/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-lexer.c: the lexer always moves on, stays inside the text, gives words or an error but not
 * both, and words that are quoted again come back as they were.
 */
#include "controller/command/lexer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

/* Every name that begins with a small letter is set. */
static const char *lookup(const char *name, void *data)
{
    (void)data;
    demand(*name != '\0');
    return g_ascii_islower(*name) ? "va l'ue $x\";#\\" : NULL;
}

static void check_quoted(char **words)
{
    g_autoptr(GString) line = g_string_new(NULL);
    const char *text;
    g_auto(GStrv) again = NULL;

    for (char **w = words; *w; w++) {
        g_autofree char *quoted = g_shell_quote(*w);

        g_string_append_printf(line, " %s", quoted);
    }
    text = line->str;
    again = lexer_next(&text, NULL, NULL, NULL);
    demand(again && *text == '\0');
    demand(g_strv_equal((const char *const *)words, (const char *const *)again));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *copy = g_strndup((const char *)bytes, len);
    const char *text = copy, *end = copy + strlen(copy);

    while (*text) {
        g_autoptr(GError) error = NULL;
        const char *before = text;
        g_auto(GStrv) words = lexer_next(&text, lookup, NULL, &error);

        demand(text >= before && text <= end);
        demand((words == NULL) == (error != NULL));
        if (!words)
            break;
        demand(text > before);
        check_quoted(words);
    }
    return 0;
}
