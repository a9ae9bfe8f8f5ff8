/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-usage.c: whatever a usage and arguments are, the hints are of the kinds that there are, with
 * text where they have text, none twice; what is complained of is an argument or one that is missing;
 * and the keys are those of the usage. Lines: the usage, the head of the word, the arguments.
 */
#include "controller/command/usage.h"

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

static bool is_any(const char *text, char **args, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        g_autofree char *quoted = g_strdup_printf("'%s'", args[i]);

        if (g_str_has_prefix(text, quoted))
            return true;
    }
    return false;
}

static bool has_key(char **args, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (strchr(args[i], '='))
            return true;
    return false;
}

/* Where others read the keys (open), a key that stands in front of a word is none of the usage's. */
static void check_complaint(const char *usage, char **args, unsigned n)
{
    g_autoptr(UsageGrammar) grammar = usage_read(usage);
    g_autofree char *first = usage_match(grammar, false, args, n, NULL);
    g_autofree char *again = usage_match(grammar, false, args, n, NULL);
    g_autofree char *open = usage_match(grammar, true, args, n, NULL);

    demand(g_strcmp0(first, again) == 0);
    demand(!first || is_any(first, args, n) || g_str_has_suffix(first, " is missing"));
    demand(first || !open || has_key(args, n));
}

static void check_keys(const char *usage)
{
    g_autoptr(GPtrArray) keys = usage_keys(usage);

    for (unsigned i = 0; i < keys->len; i++)
        demand(*(char *)keys->pdata[i] && strstr(usage, keys->pdata[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *text = g_strndup((const char *)bytes, len);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 20);
    unsigned n = g_strv_length(lines);
    g_autoptr(GPtrArray) hints = NULL;

    if (n < 2 || len > 1000)
        return 0;
    check_complaint(lines[0], lines + 2, n - 2);
    check_keys(lines[0]);
    hints = usage_hints(lines[0], lines + 2, n - 2, lines[1]);
    for (unsigned i = 0; i < hints->len; i++) {
        const UsageHint *h = hints->pdata[i];

        demand(h->kind <= USAGE_SYMBOL && h->from <= n);
        demand((h->kind == USAGE_WORD) == (h->text != NULL));
        for (unsigned j = 0; j < i; j++) {
            const UsageHint *other = hints->pdata[j];

            demand(h->kind != other->kind || h->from != other->from ||
                   g_strcmp0(h->text, other->text) != 0);
        }
    }
    return 0;
}
