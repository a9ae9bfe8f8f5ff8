/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text.h: makes text of others (a guest, QEMU, gdb, another host, a file's name) fit for a
 * terminal, a log and JSON.
 *
 * The result is valid UTF-8. Characters that a terminal would obey instead of showing are written
 * out. A byte that is not UTF-8, or an ASCII control character, becomes \xNN. Any other control
 * character (C1; U+009B is CSI there), line separator, direction override or invisible format
 * character becomes \u{NNNN}. All other characters, a backslash too, stay unchanged.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <glib.h>

/* Makes one line: a newline (LF or CR LF) becomes \n, a tab becomes one space. Length -1: up to the
 * NUL. The caller frees the text with g_free(). */
char *text_line(const char *text, gssize length);

/* The same, but newlines and tabs stay. */
char *text_plain(const char *text, gssize length);

/* Returns the number of bytes that remain of `size` bytes of text when the text is cut to `most`
 * bytes between two characters. */
gsize text_cut(const char *text, gsize size, gsize most);

/* Limits in bytes of text_brief(): for one quotation or word, and for the whole message. */
#define TEXT_QUOTE_MAX 320
#define TEXT_BRIEF_MAX 16384

/*
 * Shortens a message so that it fits a terminal, for any quoted text. A quotation in single quotes,
 * or any other word, longer than TEXT_QUOTE_MAX bytes keeps its beginning and its end, with the
 * number of bytes left out between. The whole message is shortened the same way if it is still
 * longer than TEXT_BRIEF_MAX. The caller frees the text with g_free().
 */
char *text_brief(const char *message);

/* Removes a terminal's escape sequences (ECMA-48) from a stream of bytes that comes in pieces. */
typedef struct {
    unsigned char state; /* zero at first, and always below TEXT_FILTER_STATES */
} TextFilter;

#define TEXT_FILTER_STATES 5

/*
 * Appends the part of `size` more bytes that a terminal would show: no escape sequences, and no
 * ASCII control characters except newline, carriage return and tab. A newline ends an incomplete
 * sequence.
 */
void text_filter(TextFilter *filter, const char *bytes, gsize size, GString *out);

/* The value in "key=value"; NULL: the word has another key, or none. Points into the word. */
const char *text_value(const char *word, const char *key);

#endif
