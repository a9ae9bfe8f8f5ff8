/* SPDX-License-Identifier: GPL-3.0-or-later */
/* socket-file.h: the file of a unix socket, which stays when whoever made it is killed. */
#ifndef BASE_SOCKET_FILE_H
#define BASE_SOCKET_FILE_H

#include <stdbool.h>

/* Whether a socket of this type (SOCK_STREAM, SOCK_DGRAM) is there that nobody listens at. It finds
 * out by connecting. */
bool socket_file_is_stale(const char *path, int type);

/* Removes it if it is; what is in use, or no socket, stays. */
void socket_file_remove(const char *path, int type);

#endif
