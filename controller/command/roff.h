/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * roff.h: Markdown as roff for the man macros. It knows what scripts/man uses:
 *
 *     # NAME(SECTION): SUMMARY      the first line; makes .TH and NAME
 *     ## Section, ### Subsection
 *     - an item, on one line
 *     | tag | text |                a table; makes a tagged paragraph of each row. A third column,
 *                                   and each with a heading, is "Heading: cell."
 *         verbatim                  set in by four spaces
 *     <!-- key -->                  is replaced by what `fill` appends
 *     `literal`, **bold**, [text](target), \| in a cell
 *
 * Every other line is a paragraph. Pure.
 */
#ifndef COMMAND_ROFF_H
#define COMMAND_ROFF_H

#include <glib.h>

/* Appends roff for a key. */
typedef void (*RoffFill)(GString *page, const char *key, void *data);

/* version, date: for the page's foot. Free with g_free(). */
char *roff_page(const char *markdown, const char *version, const char *date, RoffFill fill,
                void *data);

/* Text as roff prints it: no character of it means anything to roff. One line of UTF-8, for
 * a line of the page or a macro's argument. Free with g_free(). */
char *roff_escape(const char *text);

/* Appends before, the escaped text, behind. */
void roff_put(GString *page, const char *before, const char *text, const char *behind);

/* Appends text with `literal` parts, as lines of the page. */
void roff_put_text(GString *page, const char *text);

/* Appends a tagged paragraph; of the text as above. */
void roff_put_tagged(GString *page, const char *tag, const char *text);

#endif
