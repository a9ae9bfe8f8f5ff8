/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-filter.c: a filter has a tree or an error, not both; what is formatted parses again to the
 * same; and matching reads nothing but the frame. The input is the filter, a zero byte, the frame.
 */
#include "controller/network/filter.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *text = g_strndup((const char *)bytes, len);
    size_t used = MIN(len, strlen(text) + 1);
    g_autofree uint8_t *frame = g_memdup2(bytes + used, len - used);
    g_autoptr(GError) error = NULL;
    g_autoptr(Filter) filter = filter_parse(text, &error), again = NULL, negated = NULL;
    g_autofree char *formatted = NULL, *twice = NULL, *opposite = NULL;
    bool matched;

    demand((filter == NULL) == (error != NULL));
    if (!filter)
        return 0;
    formatted = filter_format(filter);
    again = filter_parse(formatted, NULL);
    if (!again) /* the parentheses may make it too long */
        return 0;
    twice = filter_format(again);
    demand(strcmp(formatted, twice) == 0);
    matched = filter_matches(filter, frame, len - used);
    demand(matched == filter_matches(again, frame, len - used));
    opposite = g_strconcat("not ", formatted, NULL);
    negated = filter_parse(opposite, NULL);
    if (negated)
        demand(matched != filter_matches(negated, frame, len - used));
    return 0;
}
