/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tail.h: reads the last lines of a console's log in a form that can be shown.
 */
#ifndef BASE_TAIL_H
#define BASE_TAIL_H

/* Returns the last lines of a file, at most 8 KiB, without escape sequences (text_filter()), made
 * fit for a terminal by text_plain(). Returns NULL if the file has no lines. The caller frees the
 * text with g_free(). */
char *tail_of_file(const char *path, unsigned lines);

#endif
