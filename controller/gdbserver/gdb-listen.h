/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gdb-listen.h: the socket where a gdb connects: a unix socket for this user alone, or a port of
 * 127.0.0.1. */
#ifndef GDBSERVER_GDB_LISTEN_H
#define GDBSERVER_GDB_LISTEN_H

#include <glib.h>
#include <stdbool.h>

typedef struct GdbListener GdbListener;

/* path: must not exist yet; its mode is 0600 from the first moment, whatever the umask. With port
 * not 0 it is not used. */
GdbListener *gdb_listener_new(const char *path, unsigned port, GError **error);

/* Removes the path, if it still is this socket. */
void gdb_listener_free(GdbListener *listener);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GdbListener, gdb_listener_free)

/* Readable when somebody connects. */
int gdb_listener_fd(const GdbListener *listener);
/* What gdb's `target remote` takes. */
const char *gdb_listener_address(const GdbListener *listener);

#endif
