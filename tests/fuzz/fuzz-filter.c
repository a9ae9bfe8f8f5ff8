/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-filter.c: text is a filter or an error, not both; its opposite matches no frame that it
 * matches; and matching reads nothing but the frame. The input is the filter, a zero byte, the frame.
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
    g_autofree char *opposite = g_strdup_printf("not (%s)", text);
    g_autoptr(GError) error = NULL;
    g_autoptr(Filter) filter = filter_new(text, &error), negated = filter_new(opposite, NULL);

    demand((filter == NULL) == (error != NULL));
    if (filter && negated)
        demand(!filter_matches(filter, frame, len - used) ||
               !filter_matches(negated, frame, len - used));
    return 0;
}
