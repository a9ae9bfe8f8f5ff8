/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * socket-file.h: the file of a unix socket at a path that a user named. It stays when whoever made
 * it is killed; such a one is replaced, and nothing else ever is.
 *
 * Errors are G_FILE_ERROR and lack the path, which the caller's message has.
 */
#ifndef BASE_SOCKET_FILE_H
#define BASE_SOCKET_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <sys/un.h>

/* Of a path whose length was checked. */
struct sockaddr_un socket_file_address(const char *path);

/* Whether path has the length of a socket's. */
bool socket_file_check_length(const char *path, GError **error);

/* As socket_file_check_length(), and that nothing but a socket is there. */
bool socket_file_fits(const char *path, GError **error);

/* As socket_file_fits(), and that nobody has a socket there now. One that was left behind by this
 * user does not count. Connects to nobody: a gdbstub stops its guest for whoever connects. */
bool socket_file_is_free(const char *path, GError **error);

/* A socket of this type (SOCK_STREAM, SOCK_DGRAM; non-blocking) that is bound to path, in the place
 * of one that was left behind; -1 on error. mode: of the file, less what the umask takes. */
int socket_file_bind(const char *path, int type, unsigned mode, GError **error);

/* Removes the file of a socket that is closed; what is in use, another user's, or no socket, stays. */
void socket_file_remove(const char *path);

#endif
