/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scenario-text.c: see scenario-text.h. */
#include "controller/command/scenario-text.h"

#include <string.h>

G_DEFINE_QUARK(metronome_scenario_text_error_quark, scenario_text_error)

#define MARK "\357\273\277" /* U+FEFF */

/* Columns are counted in characters, as editors do. */
static void refuse(const char *bytes, const char *at, unsigned line, const char *what,
                   GError **error)
{
    const char *start = at;

    while (start > bytes && start[-1] != '\n')
        start--;
    g_set_error(error, SCENARIO_TEXT_ERROR, 0, "line %u, column %ld: %s", line,
                g_utf8_strlen(start, at - start) + 1, what);
}

/* The first byte that may not be there; NULL: there is none. */
static const char *find_fault(const char *bytes, size_t size, char **what)
{
    const char *end = bytes + size, *fault = NULL, *cr = bytes;

    if (!g_utf8_validate(bytes, (gssize)size, &fault)) /* it takes a NUL for an end */
        *what = *fault ? g_strdup_printf("the byte 0x%02x is no UTF-8: save the file as UTF-8; a "
                                         "regular expression has such a byte as \\x%02x",
                                         (guchar)*fault, (guchar)*fault)
                       : g_strdup("a NUL byte, which no text has");
    else
        fault = NULL;
    while ((cr = memchr(cr, '\r', (size_t)((fault ? fault : end) - cr)))) {
        if (cr + 1 < end && cr[1] == '\n') {
            cr++;
            continue;
        }
        g_free(*what);
        *what = g_strdup("a carriage return that ends no line: a line ends in LF or CR LF");
        return cr;
    }
    return fault;
}

char *scenario_text(const char *bytes, size_t size, unsigned first, GError **error)
{
    g_autofree char *what = NULL;
    const char *fault, *end;
    char *text, *out;

    if (size >= strlen(MARK) && memcmp(bytes, MARK, strlen(MARK)) == 0) {
        bytes += strlen(MARK);
        size -= strlen(MARK);
    }
    end = bytes + size;
    fault = find_fault(bytes, size, &what);
    if (fault) {
        for (const char *p = bytes; (p = memchr(p, '\n', (size_t)(fault - p))); p++)
            first++;
        refuse(bytes, fault, first, what, error);
        return NULL;
    }
    text = out = g_malloc(size + 1);
    for (const char *p = bytes, *cr; p < end; p = cr + 1) {
        cr = memchr(p, '\r', (size_t)(end - p));
        cr = cr ? cr : end;
        memcpy(out, p, (size_t)(cr - p));
        out += cr - p;
    }
    *out = '\0';
    return text;
}
