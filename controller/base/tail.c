/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tail.c: maps the file, searches the last lines backwards and filters them.
 */
#include "controller/base/tail.h"

#include "controller/base/text.h"

#define MAX_BYTES 8192

/* Makes text plain. A line ends with LF, CR LF, or CR alone. */
static char *plain(const char *text, gsize length)
{
    g_autoptr(GString) shown = g_string_new(NULL);
    TextFilter filter = {0};

    text_filter(&filter, text, length, shown);
    while (g_string_replace(shown, "\r\n", "\n", 0) + g_string_replace(shown, "\n\r", "\n", 0) > 0)
        ;
    g_string_replace(shown, "\r", "\n", 0);
    return text_plain(shown->str, (gssize)shown->len);
}

char *tail_of_file(const char *path, unsigned lines)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
    gsize length = file ? g_mapped_file_get_length(file) : 0, from;
    const char *text = file ? g_mapped_file_get_contents(file) : NULL;
    unsigned seen = 0;

    if (length == 0)
        return NULL;
    for (from = length - 1; from > 0 && length - from < MAX_BYTES; from--)
        if (text[from - 1] == '\n' && ++seen == lines)
            break;
    return plain(text + from, length - from);
}
