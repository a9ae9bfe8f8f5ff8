/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text.c: replaces control characters, shortens messages, and filters escape sequences by a state
 * machine.
 */
#include "controller/base/text.h"

#include <stdbool.h>
#include <string.h>

/* Reports whether a character controls a terminal or is invisible. */
static bool is_hidden(gunichar c)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT: /* direction overrides, zero-width characters, tags */
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
        return true;
    default:
        return false;
    }
}

static void append_ascii(GString *out, char c, bool lines)
{
    if (c == '\n')
        g_string_append(out, lines ? "\n" : "\\n");
    else if (c == '\t')
        g_string_append_c(out, lines ? '\t' : ' ');
    else if (g_ascii_iscntrl(c))
        g_string_append_printf(out, "\\x%02x", (unsigned char)c);
    else
        g_string_append_c(out, c);
}

static char *make_plain(const char *text, gssize length, bool lines)
{
    const char *end = text + (length < 0 ? strlen(text) : (gsize)length), *p = text;
    GString *out = g_string_sized_new((gsize)(end - text) + 1);

    while (p < end) {
        gunichar c =
            (unsigned char)*p < 0x80 ? (unsigned char)*p : g_utf8_get_char_validated(p, end - p);

        if (c == '\r' && p + 1 < end && p[1] == '\n') {
            p++; /* CR LF counts as one line end */
        } else if (c < 0x80) {
            append_ascii(out, *p++, lines);
        } else if (c == (gunichar)-1 || c == (gunichar)-2) {
            g_string_append_printf(out, "\\x%02x", (unsigned char)*p++);
        } else {
            const char *next = g_utf8_next_char(p);

            if (is_hidden(c))
                g_string_append_printf(out, "\\u{%04x}", c);
            else
                g_string_append_len(out, p, next - p);
            p = next;
        }
    }
    return g_string_free(out, FALSE);
}

char *text_line(const char *text, gssize length)
{
    return make_plain(text, length, false);
}

char *text_plain(const char *text, gssize length)
{
    return make_plain(text, length, true);
}

/* --- messages --- */

static bool is_inside(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80; /* byte inside a multi-byte character */
}

gsize text_cut(const char *text, gsize size, gsize most)
{
    gsize cut = MIN(size, most);

    if (size <= most)
        return size;
    for (int i = 0; i < 3 && cut > 0 && is_inside(text[cut]); i++)
        cut--;
    return cut;
}

static void append_shortened(GString *out, const char *text, gsize size, gsize most)
{
    gsize head = text_cut(text, size, most * 5 / 8), tail = size - most / 4;

    if (size <= most) {
        g_string_append_len(out, text, (gssize)size);
        return;
    }
    for (int i = 0; i < 3 && is_inside(text[tail]); i++)
        tail++;
    g_string_append_len(out, text, (gssize)head);
    g_string_append_printf(out, "[... %" G_GSIZE_FORMAT " bytes ...]", tail - head);
    g_string_append_len(out, text + tail, (gssize)(size - tail));
}

/* Finds the closing quote, or returns NULL. An apostrophe is followed by a letter or digit, a
 * closing quote is not. */
static const char *closing_quote(const char *p)
{
    while ((p = strchr(p, '\'')) && g_ascii_isalnum(p[1]))
        p++;
    return p;
}

char *text_brief(const char *message)
{
    g_autoptr(GString) out = g_string_new(NULL);
    GString *brief;
    bool closes = true;

    for (const char *p = message; *p;) {
        bool opens = *p == '\'' && closes && (p == message || !g_ascii_isalnum(p[-1]));
        const char *end = opens ? closing_quote(p + 1) : NULL;

        closes = closes && (!opens || end);
        if (!end)
            end = p + strcspn(p + 1, " \t\n'");
        append_shortened(out, p, (gsize)(end + 1 - p), TEXT_QUOTE_MAX);
        p = end + 1;
    }
    brief = g_string_new(NULL);
    append_shortened(brief, out->str, out->len, TEXT_BRIEF_MAX - 64);
    return g_string_free(brief, FALSE);
}

/* --- escape sequences --- */

enum {
    SHOWN,      /* between sequences */
    ESCAPE,     /* behind ESC, or ESC and intermediate bytes */
    CSI,        /* ESC [ parameters final */
    STRING,     /* ESC ] (or P X ^ _) text, ended by BEL or ESC \ */
    STRING_ESC, /* ESC within such a text */
};

G_STATIC_ASSERT(STRING_ESC + 1 == TEXT_FILTER_STATES);

static int behind_escape(unsigned char c)
{
    if (c == '[')
        return CSI;
    if (strchr("]PX^_", c))
        return STRING;
    return c <= '/' ? ESCAPE : SHOWN;
}

/* Returns the state after c. *shown: whether to show c. */
static int step(int state, unsigned char c, bool *shown)
{
    *shown = false;
    if (c == '\n' || c == 0x18 || c == 0x1a) { /* CAN and SUB end a sequence, too */
        *shown = c == '\n';
        return SHOWN;
    }
    switch (state) {
    case STRING:
        return c == '\033' ? STRING_ESC : c == '\a' ? SHOWN : STRING;
    case STRING_ESC:
        if (c == '\\')
            return SHOWN;
        state = ESCAPE; /* another sequence has cut off the text */
        break;
    default:
        break;
    }
    if (c == '\033')
        return ESCAPE;
    if (c < ' ' || c == 0x7f) { /* obeyed; the sequence goes on */
        *shown = c == '\r' || c == '\t';
        return state;
    }
    if (state == ESCAPE && c < 0x7f)
        return behind_escape(c);
    if (state == CSI && c < 0x7f)
        return c >= '@' ? SHOWN : CSI;
    *shown = true;
    return SHOWN;
}

void text_filter(TextFilter *f, const char *bytes, gsize size, GString *out)
{
    for (gsize i = 0; i < size; i++) {
        gsize from = i;
        bool shown;

        while (f->state == SHOWN && i < size && (unsigned char)bytes[i] >= ' ' && bytes[i] != 0x7f)
            i++;
        if (i > from)
            g_string_append_len(out, bytes + from, (gssize)(i - from));
        if (i == size)
            break;
        f->state = (unsigned char)step(f->state, (unsigned char)bytes[i], &shown);
        if (shown)
            g_string_append_c(out, bytes[i]);
    }
}

const char *text_value(const char *word, const char *key)
{
    size_t length = strlen(key);

    return strncmp(word, key, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}
