/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * socket-file.c: determines what is at a path, then decides to bind, replace, refuse or remove.
 */
#include "controller/base/socket-file.h"

#include "controller/base/fd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define PATH_MAX_BYTES (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

/* Kind of file at a path. */
typedef enum {
    PLACE_EMPTY,
    PLACE_LEFT,      /* a socket of this user without a process */
    PLACE_IN_USE,    /* a socket that a process uses */
    PLACE_ANOTHERS,  /* a socket of another user, or one that this user may not probe */
    PLACE_NO_SOCKET, /* any other file, also a link */
} Place;

struct sockaddr_un socket_file_address(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    return address;
}

/* Determines what is at a path. The kernel first looks for a socket's process, then compares the
 * type (unix_find_bsd()). So the connection of a datagram socket is refused if the socket has no
 * process, and a stream socket does not notice the attempt. */
static Place look(const char *path)
{
    fd_auto probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = socket_file_address(path);
    struct stat st;

    if (lstat(path, &st) != 0)
        return PLACE_EMPTY; /* or not reachable; bind() then reports that */
    if (!S_ISSOCK(st.st_mode))
        return PLACE_NO_SOCKET;
    if (st.st_uid != geteuid() || probe < 0)
        return PLACE_ANOTHERS;
    if (connect(probe, (struct sockaddr *)&address, sizeof(address)) == 0)
        return PLACE_IN_USE;
    switch (errno) {
    case ECONNREFUSED:
        return PLACE_LEFT;
    case ENOENT:
        return PLACE_EMPTY;
    case EACCES:
        return PLACE_ANOTHERS;
    default:
        return PLACE_IN_USE;
    }
}

static bool set_error_of_file(GError **error, int code, const char *what)
{
    g_set_error_literal(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code), what);
    return false;
}

bool socket_file_check_length(const char *path, GError **error)
{
    if (!*path)
        return set_error_of_file(error, EINVAL, "the path is empty");
    if (strlen(path) <= PATH_MAX_BYTES)
        return true;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NAMETOOLONG,
                "the path has %zu bytes, that of a socket %zu at most", strlen(path),
                PATH_MAX_BYTES);
    return false;
}

static bool fail_no_socket(GError **error)
{
    return set_error_of_file(
        error, EEXIST, "there is something else than a socket already; choose a path that is free");
}

bool socket_file_fits(const char *path, GError **error)
{
    return socket_file_check_length(path, error) &&
           (look(path) != PLACE_NO_SOCKET || fail_no_socket(error));
}

bool socket_file_is_free(const char *path, GError **error)
{
    if (!socket_file_check_length(path, error))
        return false;
    switch (look(path)) {
    case PLACE_EMPTY:
    case PLACE_LEFT:
        return true;
    case PLACE_IN_USE:
        return set_error_of_file(
            error, EEXIST,
            "there is a socket already that a program uses; choose a path that is free, or "
            "end that program");
    case PLACE_ANOTHERS:
        return set_error_of_file(
            error, EEXIST,
            "there is a socket already that is not this user's; choose a path that is free");
    case PLACE_NO_SOCKET:
        return fail_no_socket(error);
    }
    g_assert_not_reached();
}

/* Linux uses the mode of the socket itself for the file that bind() creates. */
int socket_file_bind(const char *path, int type, unsigned mode, GError **error)
{
    fd_auto fd = -1;
    struct sockaddr_un address = socket_file_address(path);

    if (!socket_file_is_free(path, error))
        return -1;
    socket_file_remove(path);
    fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || fchmod(fd, mode) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        set_error_of_file(error, errno, g_strerror(errno));
        return -1;
    }
    return fd_steal(&fd);
}

void socket_file_remove(const char *path)
{
    if (socket_file_check_length(path, NULL) && look(path) == PLACE_LEFT)
        unlink(path);
}
