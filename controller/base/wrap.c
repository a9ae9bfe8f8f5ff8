/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wrap.c: appends word after word and starts a new line when the next word does not fit.
 */
#include "controller/base/wrap.h"

#include <glib.h>

char *wrap_text(const char *text, unsigned column, unsigned indent, unsigned width)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    GString *out = g_string_new(NULL);

    if (width == 0 || indent >= width)
        return g_string_append(out, text), g_string_free(out, FALSE);
    for (unsigned i = 0; words[i]; i++) {
        unsigned length = (unsigned)g_utf8_strlen(words[i], -1);

        if (i > 0 && column + 1 + length > width) {
            g_string_append_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (i > 0) {
            g_string_append_c(out, ' ');
            column++;
        }
        g_string_append(out, words[i]);
        column += length;
    }
    return g_string_free(out, FALSE);
}
