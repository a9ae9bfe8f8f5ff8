/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream-socket.c: send(2), with and without waiting. */
#include "controller/remote/stream-socket.h"

#include "controller/remote/message.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#define FULL_MS 10000 /* another side that reads nothing for so long counts as stuck */

bool stream_socket_write(int fd, const void *data, gsize size, GError **error)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    const char *at = data;

    while (size > 0) {
        ssize_t n = send(fd, at, size, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && (errno == EINTR || (errno == EAGAIN && poll(&p, 1, FULL_MS) != 0)))
            continue;
        if (n < 0) {
            g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "%s",
                        errno == EAGAIN ? "it has read nothing for 10 s" : g_strerror(errno));
            return false;
        }
        at += n;
        size -= (gsize)n;
    }
    return true;
}

gssize stream_socket_try_write(int fd, const void *data, gsize size)
{
    ssize_t n = send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);

    return n >= 0 ? n : errno == EAGAIN || errno == EINTR ? 0 : -1;
}
