/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text.c: see text.h. */
#include "controller/base/text.h"

char *text_plain(const char *text, gssize length)
{
    g_autofree char *valid = g_utf8_make_valid(text, length);
    GString *plain = g_string_sized_new(length > 0 ? (gsize)length : 0);

    for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        /* C1, too: a terminal may take U+009B for ESC [. */
        g_string_append_unichar(plain, g_unichar_iscntrl(c) && c != '\n' && c != '\t' ? '?' : c);
    }
    return g_string_free(plain, FALSE);
}
