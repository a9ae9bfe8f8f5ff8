/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tail.h: the last lines of a console's log, fit to be shown. */
#ifndef BASE_TAIL_H
#define BASE_TAIL_H

/* The last lines of a file, at most 8 KiB, without escape sequences (text_filter()), as
 * text_plain() makes it; NULL if there are none. Free with g_free(). */
char *tail_of_file(const char *path, unsigned lines);

#endif
