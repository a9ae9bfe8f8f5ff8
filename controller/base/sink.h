/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sink.h: a file or FIFO that the user named, into which is written while the ensemble runs.
 *
 * Nothing here waits for a reader but sink_close(). What can't be written ends the sink, is told
 * once and is lost output (output.h).
 */
#ifndef BASE_SINK_H
#define BASE_SINK_H

#include <glib.h>
#include <stdbool.h>

typedef struct Sink Sink;

/* Whether a file that begins with these bytes (some, not all; at least one) is of the kind that is
 * to be written, and may be overwritten. */
typedef bool (*SinkKnows)(const char *head, gsize size);

/*
 * Opens it, to be written from its beginning. A file that has content is refused unless it is of
 * that kind, and left as it is. what: such as "capture", for messages.
 */
Sink *sink_open(const char *path, const char *what, SinkKnows knows, GError **error);

/* Whether a file that is there already would keep it from being opened; opens nothing. */
bool sink_takes(const char *path, const char *what, SinkKnows knows, GError **error);

/* True until something could not be written. */
bool sink_is_open(const Sink *sink);

void sink_write(Sink *sink, const void *data, gsize size);

/* Waits for a FIFO's reader as long as it reads. NULL is allowed. */
void sink_close(Sink *sink);

#endif
