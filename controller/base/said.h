/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * said.h: collects the stderr of a started program. Memory keeps the beginning and the end of the
 * text, for any amount of text; the bytes between are counted.
 *
 * A thread of its own reads, so that the program never waits for a busy caller.
 */
#ifndef BASE_SAID_H
#define BASE_SAID_H

#include <glib.h>

/* Limits in bytes of the beginning and of the end. */
#define SAID_HEAD 16384
#define SAID_TAIL 16384

typedef struct Said Said;

/* *child_fd becomes the stderr for the program; the caller closes *child_fd once the program has
 * it. Error: G_FILE_ERROR. */
Said *said_new(int *child_fd, GError **error);

/* Returns all kept text written by now. A line reports the number of bytes left out. NULs become
 * spaces, and white space at the end is removed. Any thread. The caller frees the text with
 * g_free(). */
char *said_text(Said *said);

/* Returns the same text, but at most `size` bytes from the end, made fit for a terminal by
 * text_plain(). */
char *said_end(Said *said, gsize size);

/* Later output ends the program by a signal (SIGPIPE), unless the program ignores the signal. NULL
 * is allowed. */
void said_free(Said *said);

#endif
