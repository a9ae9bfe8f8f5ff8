/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-keys.c: what `send` types is never longer than its text, and a refusal says why. */
#include "controller/command/keys.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *text = g_strndup((const char *)bytes, len);
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) keys = keys_parse(text, &error);

    demand((keys != NULL) == !error);
    demand(!keys || keys->len <= strlen(text));
    demand(!keys || strchr(text, '\\') ||
           (keys->len == strlen(text) &&
            (keys->len == 0 || memcmp(keys->data, text, keys->len) == 0)));
    return 0;
}
