/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream-tcp.c: reads and writes a socket, and looks at the launcher's line now and then. */
#include "controller/remote/stream-tcp.h"

#include "controller/base/fd.h"
#include "controller/base/vtime.h"
#include "controller/remote/message.h"
#include "controller/remote/stream-socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define LOOK_MS 1000 /* between two looks at the launcher's line */
#define END_MS  1000 /* wait for the launcher's line to end, when the connection has */
#define MOST    64   /* parts that are read at one look: a line that never rests keeps nobody */

typedef struct {
    Stream stream; /* the first member */
    int fd;
    Stream *launcher;
    HTime looked;
    bool drained; /* the last read has had all that was there */
} TcpStream;

/* False, with an error: the launcher's line has ended. It carries no messages any more, so bytes
 * are a fault of the agent's, and are dropped. */
static bool look_at_launcher(TcpStream *t, GError **error)
{
    char data[1024];
    gssize n = 1;

    t->looked = htime_now();
    for (unsigned i = 0; i < MOST && n > 0; i++)
        n = stream_read(t->launcher, data, sizeof(data), error);
    return n >= 0;
}

/* Sets the reason of the connection's end: that of the launcher's line, if this ends as well. */
static void set_end_error(TcpStream *t, const char *why, GError **error)
{
    struct pollfd p = {.fd = stream_fd(t->launcher), .events = POLLIN};
    HTime start = htime_now();

    while (htime_sub(htime_now(), start).ns < END_MS * NS_PER_MS) {
        if (!look_at_launcher(t, error))
            return;
        poll(&p, 1, 100);
    }
    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "its TCP connection: %s", why);
}

static gssize tcp_read(Stream *stream, void *data, gsize size, GError **error)
{
    TcpStream *t = (TcpStream *)stream;
    ssize_t n = -1;

    if (t->drained) { /* who reads until nothing is left is spared a system call */
        t->drained = false;
        return 0;
    }
    n = recv(t->fd, data, size, MSG_DONTWAIT);
    if (n > 0) {
        t->drained = (gsize)n < size;
        return n;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        if (htime_sub(htime_now(), t->looked).ns < LOOK_MS * NS_PER_MS)
            return 0;
        return look_at_launcher(t, error) ? 0 : -1;
    }
    set_end_error(t, n == 0 ? "it was closed" : g_strerror(errno), error);
    return -1;
}

static bool tcp_write(Stream *stream, const void *data, gsize size, GError **error)
{
    return stream_socket_write(((const TcpStream *)stream)->fd, data, size, error);
}

static gssize tcp_try_write(Stream *stream, const void *data, gsize size)
{
    return stream_socket_try_write(((const TcpStream *)stream)->fd, data, size);
}

static int tcp_fd(const Stream *stream)
{
    return ((const TcpStream *)stream)->fd;
}

static void tcp_free(Stream *stream)
{
    TcpStream *t = (TcpStream *)stream;

    fd_clear(&t->fd);
    stream_free(t->launcher);
    g_free(t);
}

static const StreamOps tcp_ops = {tcp_read, tcp_write, tcp_try_write, tcp_fd, tcp_free};

Stream *stream_new_tcp(int fd, Stream *launcher)
{
    TcpStream *t = g_new0(TcpStream, 1);

    *t = (TcpStream){{&tcp_ops}, fd, launcher, htime_now(), false};
    return &t->stream;
}
