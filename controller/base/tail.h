/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tail.h: the last lines of a console's log, fit to be shown. */
#ifndef BASE_TAIL_H
#define BASE_TAIL_H

/* The last lines of a file, at most 8 KiB, as UTF-8 without the control sequences of terminals
 * (ECMA-48) and other control characters; NULL if there are none. Free with g_free(). */
char *tail_of_file(const char *path, unsigned lines);

#endif
