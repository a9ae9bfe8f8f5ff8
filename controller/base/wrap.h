/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wrap.h: text broken into lines at blanks. Pure. */
#ifndef BASE_WRAP_H
#define BASE_WRAP_H

/*
 * Breaks text so that no line has more than `width` characters, unless a word alone has; lines but
 * the first are indented. The first begins behind `column` characters that stand there already.
 * width 0: not broken at all. Free with g_free().
 */
char *wrap_text(const char *text, unsigned column, unsigned indent, unsigned width);

#endif
