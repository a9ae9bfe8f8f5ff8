/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wrap.h: breaks text into lines at blanks. Pure.
 */
#ifndef BASE_WRAP_H
#define BASE_WRAP_H

/*
 * Breaks text so that no line has more than `width` characters, except for a single longer word.
 * All lines but the first are indented by `indent`. The first line begins behind `column`
 * characters of other text. width 0: no breaks. The caller frees the text with g_free().
 */
char *wrap_text(const char *text, unsigned column, unsigned indent, unsigned width);

#endif
