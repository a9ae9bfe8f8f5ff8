/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stream.h: a stream of bytes to and from the agent of another host, over ssh or over a command.
 * A stream belongs to one thread at a time, but for try_write().
 */
#ifndef REMOTE_STREAM_H
#define REMOTE_STREAM_H

#include <gio/gio.h>
#include <stdbool.h>

typedef struct Stream Stream;

/* The functions of one kind of stream. A Stream is the first member of that kind's struct. */
typedef struct {
    /* Reads available bytes without waiting. Returns their number, 0 if there are none now, or -1,
     * with an error that has the reason as far as it is known, if the stream has ended. */
    gssize (*read)(Stream *stream, void *data, gsize size, GError **error);
    /* Writes all bytes. May wait some seconds for the other side each time the way is full. */
    bool (*write)(Stream *stream, const void *data, gsize size, GError **error);
    /* Writes what there is room for, without waiting: the number of bytes, or -1 if the stream is
     * broken, whose reason read() tells. Any thread, at any time, but no other write of the stream
     * then. NULL: this kind of stream can't. */
    gssize (*try_write)(Stream *stream, const void *data, gsize size);
    /* The file descriptor to poll for reading. Call read() until it returns 0 before polling. */
    int (*fd)(const Stream *stream);
    void (*free)(Stream *stream);
} StreamOps;

struct Stream {
    const StreamOps *ops;
};

/* Starts a shell command as a stream over its stdin and stdout. The end of the command's stderr is
 * part of the error of read(). Main thread: the command gets SIGTERM if the thread that started it
 * ends.
 *
 * Free with stream_free(), which closes the command's input and does not wait. A thread of its own
 * sees to the command's end: if it does not come, SIGTERM for the command's process group, and at
 * last SIGKILL, which takes 12 s at most. Any thread. */
Stream *stream_new_command(const char *command, GError **error);

/* Waits until all commands whose streams were freed have ended. Before the end of the program. */
void stream_end_commands(void);

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
