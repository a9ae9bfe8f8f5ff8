/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * said.h: what a program that was started writes to stderr. Its beginning and its end are kept in
 * memory, however much it writes; what is between is counted.
 *
 * A thread of its own reads, so that the program never waits for a caller that is busy.
 */
#ifndef BASE_SAID_H
#define BASE_SAID_H

#include <glib.h>

/* How much is kept of either. */
#define SAID_HEAD 16384
#define SAID_TAIL 16384

typedef struct Said Said;

/* *child_fd: what the program is to have as its stderr; the caller closes it when the program has
 * it. G_FILE_ERROR. */
Said *said_new(int *child_fd, GError **error);

/* All that is kept of what was written by now; where something is left out, a line says how much.
 * NULs are spaces, and white space at the end is left out. Any thread; free with g_free(). */
char *said_text(Said *said);

/* The same, but at most `size` bytes from its end, fit for a terminal as of text_plain(). */
char *said_end(Said *said, gsize size);

/* What the program writes from then on ends it by a signal, unless it ignores that. NULL is
 * allowed. */
void said_free(Said *said);

#endif
