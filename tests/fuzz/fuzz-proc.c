/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-proc.c: a process may give itself any name and any command line: the state that is read
 * of it is a letter, and its words put together again are its command line.
 */
#include "controller/base/proc.h"

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
    g_autofree char *stat = g_strdup_printf("7 (%s) S 1 7", text);
    g_auto(GStrv) words = proc_words((const char *)bytes, len);
    char state = proc_state(text);
    size_t at = 0;

    demand(state == '?' || g_ascii_isalpha(state));
    demand(proc_state(stat) == 'S');
    proc_number(text, PROC_IO_DELAY);
    proc_value(text, "read_bytes");
    for (char **word = words; *word; word++) {
        size_t n = strlen(*word);

        demand(at + n <= len && memcmp(*word, bytes + at, n) == 0);
        demand(at + n == len || bytes[at + n] == '\0');
        at += n + 1;
    }
    demand(at == len || at == len + 1);
    return 0;
}
