/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sink.h: a file or FIFO named by the user and written while the ensemble runs.
 *
 * Only sink_close() waits for a reader. The first failed write ends the sink, is reported once, and
 * is lost output (output.h).
 */
#ifndef BASE_SINK_H
#define BASE_SINK_H

#include "controller/base/sha.h"

#include <glib.h>
#include <stdbool.h>

typedef struct Sink Sink;

/* Reports whether a file that begins with these bytes is of the kind to be written, and so may be
 * overwritten. `head` has at least one byte, not always the whole file. */
typedef bool (*SinkKnows)(const char *head, gsize size);

/*
 * Opens a file to be written from its beginning. A file with content of another kind, or
 * one that another sink, of any process, has open, is refused and left unchanged. what: a word such as "capture", for messages.
 */
Sink *sink_open(const char *path, const char *what, SinkKnows knows, GError **error);

/* Opens a file that was written by then as `written` says, cuts off what is behind that, and goes on
 * there. NULL: there is no such file (resume.h). */
Sink *sink_resume(const char *path, const char *what, const Sha *written);

/* Returns false if an existing file would make sink_open() fail; opens nothing for writing. */
bool sink_accepts(const char *path, const char *what, SinkKnows knows, GError **error);

/* Returns true until a write has failed. */
bool sink_is_open(const Sink *sink);

/* Writes what is possible without waiting and keeps the rest. Does nothing after a failed write. */
void sink_write(Sink *sink, const void *data, gsize size);

/* Closes the sink. Waits for a FIFO's reader as long as the reader reads. NULL is allowed. */
void sink_close(Sink *sink);

#endif
