/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text.h: text that somebody else wrote. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <glib.h>

/* Fit for a terminal and for JSON: valid UTF-8, and ? for control characters but newline and tab.
 * Length -1: up to the NUL. Free with g_free(). */
char *text_plain(const char *text, gssize length);

#endif
