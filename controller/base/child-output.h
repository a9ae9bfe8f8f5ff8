/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * child-output.h: collects the stderr of a started program. Memory keeps the beginning and the end
 * of the text, for any amount of text; the bytes between are counted.
 *
 * A thread of its own reads, so that the program never waits for a busy caller.
 */
#ifndef BASE_CHILD_OUTPUT_H
#define BASE_CHILD_OUTPUT_H

#include <glib.h>

/* Limits in bytes of the beginning and of the end. */
#define CHILD_OUTPUT_HEAD 16384
#define CHILD_OUTPUT_TAIL 16384

typedef struct ChildOutput ChildOutput;

/* *child_fd becomes the stderr for the program; the caller closes *child_fd once the program has
 * it. Error: G_FILE_ERROR. */
ChildOutput *child_output_new(int *child_fd, GError **error);

/* Returns all kept text written by now. A line reports the number of bytes left out. NULs become
 * spaces, and white space at the end is removed. Any thread. The caller frees the text with
 * g_free(). */
char *child_output_text(ChildOutput *output);

/* Returns the same text, but at most `size` bytes from the end, made fit for a terminal by
 * text_plain(). */
char *child_output_end(ChildOutput *output, gsize size);

/* Later output ends the program by a signal (SIGPIPE), unless the program ignores the signal. NULL
 * is allowed. */
void child_output_free(ChildOutput *output);

#endif
