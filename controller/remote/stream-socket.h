/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream-socket.h: writes to the socket of a stream. Any thread, one at a time for each socket. */
#ifndef REMOTE_STREAM_SOCKET_H
#define REMOTE_STREAM_SOCKET_H

#include <gio/gio.h>
#include <stdbool.h>

/* Writes all bytes, as StreamOps.write(). */
bool stream_socket_write(int fd, const void *data, gsize size, GError **error);

/* Writes what there is room for, as StreamOps.try_write(). */
gssize stream_socket_try_write(int fd, const void *data, gsize size);

#endif
