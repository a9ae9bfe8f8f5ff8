/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-numbers.c: what `mem write` and `regs` make of a word fits its bits, and a refusal says why. The
 * first byte is the number of bits, or of bytes of a number. */
#include "controller/command/numbers.h"

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
    unsigned first = len > 0 ? bytes[0] : 0, bits = first + 1, size = bits / 8 + (bits % 8 != 0);
    g_autofree char *text = len > 0 ? g_strndup((const char *)bytes + 1, len - 1) : g_strdup("");
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    g_autofree uint8_t *number = g_malloc0(size);
    g_autoptr(GError) error = NULL, why = NULL;
    g_autoptr(GByteArray) all = NULL;

    demand(number_parse(text, bits, number, &error) == !error);
    demand(error || bits % 8 == 0 || number[size - 1] >> bits % 8 == 0);
    all = numbers_parse(words, g_strv_length(words), first % 9, 1000, &why);
    demand(!all == !!why);
    demand(!all ||
           (all->len <= 1000 && (first % 9 == 0 || all->len == first % 9 * g_strv_length(words))));
    return 0;
}
