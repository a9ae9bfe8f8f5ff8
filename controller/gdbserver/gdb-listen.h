/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gdb-listen.h: the socket to which a gdb connects: a unix socket for this user only, or a port of
 * 127.0.0.1. Never another address. */
#ifndef GDBSERVER_GDB_LISTEN_H
#define GDBSERVER_GDB_LISTEN_H

#include <glib.h>
#include <stdbool.h>

typedef struct GdbListener GdbListener;

/* Listens at port of 127.0.0.1, or, with port 0, at path. path must not exist yet; the socket has
 * mode 0600 from the first moment, for any umask. Free with gdb_listener_free(). */
GdbListener *gdb_listener_new(const char *path, unsigned port, GError **error);

/* Closes the socket and removes the path, if the path still is this socket. NULL is allowed. */
void gdb_listener_free(GdbListener *listener);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GdbListener, gdb_listener_free)

/* The file descriptor to accept connections from; the listener owns it. */
int gdb_listener_fd(const GdbListener *listener);
/* The address for gdb's `target remote`; the listener owns it. */
const char *gdb_listener_address(const GdbListener *listener);

#endif
