/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-text.c: what others wrote becomes valid UTF-8 without a character that a terminal obeys, and
 * what is fit stays as it is; a filter leaves out the same however its input is split.
 */
#include "controller/base/text.h"
#include "controller/testing/junit.h"

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

static void check_fit(const char *text, bool lines)
{
    demand(g_utf8_validate(text, -1, NULL));
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        GUnicodeType type = g_unichar_type(c);

        if (lines && (c == '\n' || c == '\t'))
            continue;
        demand(type != G_UNICODE_CONTROL && type != G_UNICODE_FORMAT &&
               type != G_UNICODE_LINE_SEPARATOR && type != G_UNICODE_PARAGRAPH_SEPARATOR);
    }
}

/* Text of a JUnit file: what XML 1.0 allows (section 2.2), and nothing that would be markup. */
static void check_xml(const char *bytes, size_t len)
{
    g_autofree char *text = junit_escape(bytes, len);

    demand(g_utf8_validate(text, -1, NULL) && !strpbrk(text, "<>\""));
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        demand(c == '\n' || c == '\t' || (c >= 0x20 && c != 0xfffe && c != 0xffff));
    }
}

static void check_made(const char *bytes, size_t len)
{
    g_autofree char *line = text_line(bytes, (gssize)len), *line_again = text_line(line, -1);
    g_autofree char *plain = text_plain(bytes, (gssize)len), *plain_again = text_plain(plain, -1);
    g_autofree char *line_of_plain = text_line(plain, -1);

    check_fit(line, false);
    check_fit(plain, true);
    demand(strcmp(line, line_again) == 0 && strcmp(plain, plain_again) == 0);
    demand(strcmp(line, line_of_plain) == 0);
}

static GString *filter(const char *bytes, size_t len, size_t most)
{
    TextFilter f = {0};
    GString *out = g_string_new(NULL);

    for (size_t at = 0, step; at < len; at += step) {
        step = MIN(most, len - at);
        text_filter(&f, bytes + at, step, out);
    }
    return out;
}

static void check_brief(const char *bytes, size_t len)
{
    g_autofree char *text = g_strndup(bytes, len), *line = text_line(text, -1);
    g_autofree char *brief = text_brief(text), *line_brief = text_brief(line);

    demand(strlen(brief) <= TEXT_BRIEF_MAX && strlen(line_brief) <= TEXT_BRIEF_MAX);
    demand(g_utf8_validate(line_brief, -1, NULL));
    demand(strlen(text) > TEXT_QUOTE_MAX || strcmp(brief, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autoptr(GString) whole = filter((const char *)bytes, len, MAX(len, 1));
    g_autoptr(GString) single = filter((const char *)bytes, len, 1);
    g_autoptr(GString) mixed = filter((const char *)bytes, len, 3);
    g_autoptr(GString) again = filter(whole->str, whole->len, MAX(whole->len, 1));

    check_made((const char *)bytes, len);
    check_xml((const char *)bytes, len);
    check_brief((const char *)bytes, len);
    demand(g_string_equal(whole, single) && g_string_equal(whole, mixed));
    demand(g_string_equal(whole, again));
    for (size_t i = 0; i < whole->len; i++)
        demand(strchr("\n\r\t", whole->str[i]) ? whole->str[i] != '\0'
                                               : !g_ascii_iscntrl(whole->str[i]));
    return 0;
}
