/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gdb-listen.c: the two kinds of socket. */
#include "controller/command/gdb-listen.h"

#include "controller/base/fd.h"
#include "controller/node/node.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

struct GdbListener {
    int fd;
    char *address;
    bool is_path;
    dev_t device; /* of the path, so that nobody else's file is removed */
    ino_t inode;
};

static bool fail(GError **error, const char *address)
{
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "can't listen on '%s': %s", address,
                g_strerror(errno));
    return false;
}

/* Linux takes the mode of the socket itself for the file that bind() makes. */
static bool listen_unix(GdbListener *l, const char *path, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat made;

    l->address = g_strdup(path);
    if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path)) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "'%s' is too long for a unix socket",
                    path);
        return false;
    }
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->fd < 0 || fchmod(l->fd, 0600) != 0 ||
        bind(l->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        return fail(error, path);
    l->is_path = lstat(path, &made) == 0;
    l->device = made.st_dev;
    l->inode = made.st_ino;
    return listen(l->fd, 4) == 0 || fail(error, path);
}

static bool listen_tcp(GdbListener *l, unsigned port, GError **error)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;

    l->address = g_strdup_printf("127.0.0.1:%u", port);
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    return (l->fd >= 0 && bind(l->fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
            listen(l->fd, 4) == 0) ||
           fail(error, l->address);
}

GdbListener *gdb_listener_new(const char *path, unsigned port, GError **error)
{
    g_autoptr(GdbListener) l = g_new0(GdbListener, 1);

    l->fd = -1;
    if (!(port ? listen_tcp(l, port, error) : listen_unix(l, path, error)))
        return NULL;
    return g_steal_pointer(&l);
}

void gdb_listener_free(GdbListener *l)
{
    struct stat now;

    if (!l)
        return;
    fd_clear(&l->fd);
    if (l->is_path && lstat(l->address, &now) == 0 && now.st_dev == l->device &&
        now.st_ino == l->inode)
        unlink(l->address);
    g_free(l->address);
    g_free(l);
}

int gdb_listener_fd(const GdbListener *l)
{
    return l->fd;
}

const char *gdb_listener_address(const GdbListener *l)
{
    return l->address;
}
