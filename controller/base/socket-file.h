/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * socket-file.h: the file of a unix socket at a path that a user named. The file stays when the
 * process that made it is killed. A new socket replaces such a leftover file, and never any other
 * file.
 *
 * Errors are G_FILE_ERROR without the path; the caller's message has the path.
 */
#ifndef BASE_SOCKET_FILE_H
#define BASE_SOCKET_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <sys/un.h>

/* Returns the address of a path whose length was checked. */
struct sockaddr_un socket_file_address(const char *path);

/* Checks that the path is short enough for a socket, and not empty. */
bool socket_file_check_length(const char *path, GError **error);

/* Checks the length, and that nothing other than a socket is at the path. */
bool socket_file_fits(const char *path, GError **error);

/* Checks the length, and that neither another file nor a socket in use is at the path. A leftover
 * socket of this user is allowed. Connects to no stream socket: a gdbstub stops its guest at any
 * connection. */
bool socket_file_is_free(const char *path, GError **error);

/* Returns a socket of this type (SOCK_STREAM, SOCK_DGRAM; non-blocking) bound to path, or -1 on
 * error. Replaces a leftover socket. mode: mode of the file, reduced by the umask. */
int socket_file_bind(const char *path, int type, unsigned mode, GError **error);

/* Removes the file of a closed socket. A socket in use, another user's socket, and any other file
 * stay. */
void socket_file_remove(const char *path);

#endif
