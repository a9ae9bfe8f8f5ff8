/* SPDX-License-Identifier: GPL-3.0-or-later */
/* serial.c: parses serial=unix:PATH|telnet:[HOST]:PORT and makes QEMU's -chardev of it. */
#include "controller/qemu/serial.h"

#include "controller/base/socket-file.h"
#include "controller/base/units.h"
#include "controller/qemu/cmdline.h"
#include "controller/qemu/node-error.h"

#include <string.h>

#define UNIX   "unix:"
#define TELNET "telnet:"

static const char *unix_path(const char *value)
{
    return g_str_has_prefix(value, UNIX) ? value + strlen(UNIX) : NULL;
}

/* QEMU removes any file at the path where it is to listen (util/qemu-sockets.c,
 * unix_listen_saddr()). A socket where somebody listens would be lost. */
static bool check_path(const char *path, GError **error)
{
    g_autoptr(GError) e = NULL;

    if (socket_file_is_free(path, &e))
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "serial='" UNIX "%s': %s", path, e->message);
    return false;
}

bool serial_check(const char *value, GError **error)
{
    const char *path = unix_path(value), *colon = strrchr(value, ':');
    int64_t port;

    if (path)
        return check_path(path, error);
    if (g_str_has_prefix(value, TELNET) && colon >= value + strlen(TELNET))
        return units_parse_int(colon + 1, "serial's port", 1, 65535, &port, error);
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                "serial='%s': unix:PATH or telnet:[HOST]:PORT is expected", value);
    return false;
}

char *serial_chardev(const char *value, int log_fd)
{
    const char *path = unix_path(value), *colon = strrchr(value, ':');
    const char *name = value + strlen(TELNET);
    g_autofree char *host = path || name >= colon ? NULL : g_strndup(name, colon - name);
    g_autofree char *place = cmdline_escape(path ? path : host ? host : "127.0.0.1");
    g_autofree char *address = path
                                   ? g_strdup_printf("path=%s", place)
                                   : g_strdup_printf("host=%s,port=%s,telnet=on", place, colon + 1);

    return g_strdup_printf("socket,id=mtr-console,%s,server=on,wait=off,logfile=/dev/fd/%d",
                           address, log_fd);
}

void serial_remove(const char *value)
{
    const char *path = unix_path(value);

    if (path)
        socket_file_remove(path);
}
