/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gdb-listen.c: opens a listening unix socket or TCP socket, non-blocking and close-on-exec. */
#include "controller/gdbserver/gdb-listen.h"

#include "controller/base/fd.h"
#include "controller/base/socket-file.h"
#include "controller/qemu/node.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

struct GdbListener {
    int fd;
    char *address;
    bool is_path;
};

static bool set_listen_error(GError **error, const char *address)
{
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "can't listen on '%s': %s", address,
                g_strerror(errno));
    return false;
}

static bool listen_unix(GdbListener *l, const char *path, GError **error)
{
    g_autoptr(GError) e = NULL;

    l->address = g_strdup(path);
    l->fd = socket_file_bind(path, SOCK_STREAM, 0600, &e);
    if (l->fd < 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "can't listen on '%s': %s", path,
                    e->message);
        return false;
    }
    l->is_path = true;
    return listen(l->fd, 4) == 0 || set_listen_error(error, path);
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
           set_listen_error(error, l->address);
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
    if (!l)
        return;
    fd_clear(&l->fd);
    if (l->is_path)
        socket_file_remove(l->address);
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
