/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-link-options.c: an option "key=value" is set or refused with an error, not both; what is
 * formatted reads back as the same.
 */
#include "controller/network/link-options.h"

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
    g_autofree char *text = g_strndup((const char *)bytes, len), *formatted = NULL, *twice = NULL;
    g_auto(GStrv) pair = g_strsplit(text, "=", 2), written = NULL;
    LinkParams params[2] = {{.queue = 0}, {.queue = 0}}, again[2] = {{.queue = 0}, {.queue = 0}};
    g_autoptr(GError) error = NULL;
    bool ok;

    if (g_strv_length(pair) != 2)
        return 0;
    ok = link_options_set(params, pair[0], pair[1], LINK_BOTH, &error);
    demand(ok == (error == NULL));
    formatted = link_options_format(&params[0]);
    demand(ok || *formatted == '\0');
    if (*formatted == '\0')
        return 0;
    written = g_strsplit(formatted, "=", 2);
    demand(link_options_set(again, written[0], written[1], LINK_BOTH, NULL));
    twice = link_options_format(&again[1]);
    demand(strcmp(formatted, twice) == 0);
    return 0;
}
