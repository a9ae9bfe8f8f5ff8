/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sink.c: writes without waiting and keeps the rest in memory until the reader has room.
 */
#include "controller/base/sink.h"

#include "controller/base/fd.h"
#include "controller/base/output.h"
#include "controller/base/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define MAX_BEHIND (64u << 20) /* limit of unread bytes; beyond it the sink ends */
#define READER_MS  1000        /* longest pause of a reader at the end, in ms */
#define HEAD       64

struct Sink {
    int fd;
    char *path, *what;
    GByteArray *pending; /* not written yet */
};

/* For regular files only: a write destroys nothing in other kinds of files. */
static bool may_overwrite(int fd, SinkKnows knows)
{
    char head[HEAD];
    ssize_t n = pread(fd, head, sizeof(head), 0);

    return n == 0 || (n > 0 && knows(head, (gsize)n));
}

/* Keeps other sinks, of this process or another one, from the file, whose text would be mixed. A file
 * system without locks lets them all. False: one has it, errno is EWOULDBLOCK. */
static bool take(int fd)
{
    return flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

/* A process that was forked meanwhile has the descriptor, too, so closing it would not let it go. */
static void let_go(int fd)
{
    flock(fd, LOCK_UN);
}

/* Returns -1 with errno. EEXIST: a file of another kind is already there. */
static int open_regular(const char *path, SinkKnows knows)
{
    fd_auto fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd < 0 || !take(fd))
        return -1;
    errno = EEXIST;
    if (!may_overwrite(fd, knows) || ftruncate(fd, 0) != 0)
        return -1;
    return fd_steal(&fd);
}

static int open_any(const char *path, SinkKnows knows)
{
    struct stat st;
    fd_auto fd = -1;

    if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
        return open_regular(path, knows);
    /* Opens without waiting: a FIFO needs a reader already. */
    fd = open(path, O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0666);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && !take(fd))
        return -1;
    return fd_steal(&fd);
}

static void set_problem(const char *what, int problem, GError **error)
{
    if (problem == EEXIST)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
                    "there is a file already that is no %s: choose another name, or remove it",
                    what);
    else if (problem == EWOULDBLOCK)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
                    "something else is being written to it at present: choose another name");
    else
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(problem), "%s%s",
                    g_strerror(problem), problem == ENXIO ? "; start its reader first" : "");
}

bool sink_accepts(const char *path, const char *what, SinkKnows knows, GError **error)
{
    fd_auto fd = -1;
    struct stat st;

    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return true;
    fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0 && may_overwrite(fd, knows))
        return true;
    set_problem(what, fd < 0 ? errno : EEXIST, error);
    return false;
}

static Sink *sink_of(int fd, const char *path, const char *what)
{
    Sink *s = g_new0(Sink, 1);

    s->fd = fd;
    s->path = g_strdup(path);
    s->what = g_strdup(what);
    s->pending = g_byte_array_new();
    return s;
}

Sink *sink_open(const char *path, const char *what, SinkKnows knows, GError **error)
{
    int fd = open_any(path, knows);

    if (fd >= 0)
        return sink_of(fd, path, what);
    set_problem(what, errno, error);
    return NULL;
}

Sink *sink_resume(const char *path, const char *what, const Sha *written)
{
    int fd = resume_file(path, written);

    if (fd >= 0)
        take(fd); /* what had it before may have it still */
    return fd >= 0 ? sink_of(fd, path, what) : NULL;
}

bool sink_is_open(const Sink *s)
{
    return s->fd >= 0;
}

static void give_up(Sink *s, int problem)
{
    output_lost("the %s ends here: can't write '%s': %s", s->what, s->path,
                problem == EPIPE    ? "nobody reads it any more"
                : problem == EAGAIN ? "its reader does not read"
                                    : g_strerror(problem));
    let_go(s->fd);
    fd_clear(&s->fd);
    g_byte_array_set_size(s->pending, 0);
}

static void flush(Sink *s)
{
    while (s->fd >= 0 && s->pending->len > 0) {
        ssize_t n = write(s->fd, s->pending->data, s->pending->len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN && s->pending->len < MAX_BEHIND)
            return;
        if (n < 0)
            give_up(s, errno);
        else
            g_byte_array_remove_range(s->pending, 0, (guint)n);
    }
}

void sink_write(Sink *s, const void *data, gsize size)
{
    if (s->fd < 0)
        return;
    g_byte_array_append(s->pending, data, (guint)size);
    flush(s);
}

void sink_close(Sink *s)
{
    if (!s)
        return;
    for (struct pollfd p = {.fd = s->fd, .events = POLLOUT};
         s->fd >= 0 && s->pending->len > 0 && poll(&p, 1, READER_MS) == 1;)
        flush(s);
    if (s->fd >= 0 && s->pending->len > 0)
        output_lost("the %s is cut off: nobody reads '%s', the last %u bytes are lost", s->what,
                    s->path, s->pending->len);
    if (s->fd >= 0)
        let_go(s->fd);
    /* Some file systems report only at close() that they could not store the data. */
    if (s->fd >= 0 && close(s->fd) != 0 && errno != EINTR)
        output_lost("the %s is not complete: can't write '%s': %s", s->what, s->path,
                    g_strerror(errno));
    g_byte_array_unref(s->pending);
    g_free(s->path);
    g_free(s->what);
    g_free(s);
}
