/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tail.c: the end of a log. */
#include "controller/base/tail.h"

#include <glib.h>

#define MAX_BYTES 8192

/* ESC [ parameters final, and other control characters but newline and tab, are left out. */
static char *plain(const char *text, gsize length)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (gsize i = 0; i < length; i++) {
        if (text[i] == '\033' && i + 1 < length && text[i + 1] == '[') {
            for (i += 2; i < length && !(text[i] >= '@' && text[i] <= '~'); i++)
                ;
            continue;
        }
        if ((unsigned char)text[i] >= ' ' || text[i] == '\n' || text[i] == '\t')
            g_string_append_c(out, text[i]);
    }
    return g_utf8_make_valid(out->str, (gssize)out->len);
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
