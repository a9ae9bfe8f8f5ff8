/* SPDX-License-Identifier: GPL-3.0-or-later */
/* socket-file.c: see socket-file.h. */
#include "controller/base/socket-file.h"

#include "controller/base/fd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

bool socket_file_is_stale(const char *path, int type)
{
    fd_auto probe = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat st;

    if (probe < 0 || strlen(path) >= sizeof(address.sun_path) || lstat(path, &st) != 0 ||
        !S_ISSOCK(st.st_mode))
        return false;
    memcpy(address.sun_path, path, strlen(path));
    return connect(probe, (struct sockaddr *)&address, sizeof(address)) != 0 &&
           errno == ECONNREFUSED;
}

void socket_file_remove(const char *path, int type)
{
    if (socket_file_is_stale(path, type))
        unlink(path);
}
