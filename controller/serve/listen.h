/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * listen.h: the unix socket of the control socket. Only this user may connect: the file has mode 0600,
 * its folder is nobody else's to change, and the kernel says who is at the other end.
 */
#ifndef SERVE_LISTEN_H
#define SERVE_LISTEN_H

#include <glib.h>
#include <stdbool.h>

typedef struct Listener Listener;

/* Checks the word behind --listen: "stdio", or "unix:PATH". *path points to the path in it; NULL:
 * stdio. */
bool listener_parse(const char *address, const char **path, GError **error);

/* Listens at the path. The last folder of the path is made, with mode 0700, if it is not there. A
 * socket that a dead process has left is replaced; one that is in use, or any other file, is an
 * error. */
Listener *listener_new(const char *path, GError **error);
/* Removes the socket, and the folder if it was made and is empty. */
void listener_free(Listener *listener);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Listener, listener_free)

int listener_fd(const Listener *listener);

/* The next program that connects, as a descriptor that the caller closes; -1: nobody, or another
 * user, who is turned away with a line in the log. */
int listener_accept(const Listener *listener);

#endif
