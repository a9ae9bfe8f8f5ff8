/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream.h: bytes to and from the agent of another host, over whatever leads there. Belongs to one
 * thread at a time.
 */
#ifndef REMOTE_STREAM_H
#define REMOTE_STREAM_H

#include <gio/gio.h>
#include <stdbool.h>

typedef struct Stream Stream;

/* What kinds of streams implement; a Stream is the first member of theirs. */
typedef struct {
    /* Reads what is there, without waiting: how many bytes; 0: nothing now; -1: over, with an error
     * that says why, as far as that is known. */
    gssize (*read)(Stream *stream, void *data, gsize size, GError **error);
    /* Writes all; may wait for the other side, some seconds for each of its steps. */
    bool (*write)(Stream *stream, const void *data, gsize size, GError **error);
    /* To poll for reading; what read() has not taken yet must have been read before. */
    int (*fd)(const Stream *stream);
    void (*free)(Stream *stream);
} StreamOps;

struct Stream {
    const StreamOps *ops;
};

/* Starts the command (a shell's) and talks to its stdin and stdout; it is killed with its children
 * when the stream is freed. What it writes to stderr ends up in the error of read(). */
Stream *stream_new_command(const char *command, GError **error);

static inline gssize stream_read(Stream *s, void *data, gsize size, GError **error)
{
    return s->ops->read(s, data, size, error);
}

static inline bool stream_write(Stream *s, const void *data, gsize size, GError **error)
{
    return s->ops->write(s, data, size, error);
}

static inline int stream_fd(const Stream *s)
{
    return s->ops->fd(s);
}

static inline void stream_free(Stream *s)
{
    if (s)
        s->ops->free(s);
}

#endif
