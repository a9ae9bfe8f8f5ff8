/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text.h: text that somebody else wrote (a guest, QEMU, gdb, another host, a file's name), made fit
 * for a terminal, a log and JSON.
 *
 * The result is valid UTF-8. What a terminal would obey instead of showing it is written out: a
 * byte that is no UTF-8 or an ASCII control character as \xNN, any other control character (C1,
 * U+009B is CSI there), line separator, direction override or invisible format character as
 * \u{NNNN}. Everything else, a backslash too, stays as it is.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <glib.h>

/* One line: a newline (LF or CR LF) becomes \n, a tab one space. Length -1: up to the NUL. Free
 * with g_free(). */
char *text_line(const char *text, gssize length);

/* Lines: newline and tab stay. */
char *text_plain(const char *text, gssize length);

/* How many of a text's `size` bytes are left if it is cut to `most`, without half a character. */
gsize text_cut(const char *text, gsize size, gsize most);

/* What text_brief() leaves of a quotation or a word, and of a message, at most. */
#define TEXT_QUOTE_MAX 320
#define TEXT_BRIEF_MAX 16384

/*
 * A message that fits a terminal, whatever it quotes: of what stands between single quotes, and of
 * any other word, that is longer than TEXT_QUOTE_MAX bytes the beginning and the end are left, with
 * how many bytes there were in between. So of the whole, should it still be longer than
 * TEXT_BRIEF_MAX. Free with g_free().
 */
char *text_brief(const char *message);

/* A terminal's escape sequences (ECMA-48), taken out of a stream of bytes that comes in pieces. */
typedef struct {
    unsigned char state; /* zero at first */
} TextFilter;

/*
 * Appends what of `size` more bytes a terminal would show: no escape sequences and no ASCII control
 * characters but newline, carriage return and tab. A newline ends a sequence that is not complete.
 */
void text_filter(TextFilter *filter, const char *bytes, gsize size, GString *out);

#endif
