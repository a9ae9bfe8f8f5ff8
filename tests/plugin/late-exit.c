/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * late-exit.c: closes all connections of a QEMU 300 ms before its process ends. Every QEMU closes
 * them a moment before its end; the plugin makes this moment long.
 */
#include "tests/plugin/qemu-plugin-api.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define EXPORT   __attribute__((visibility("default")))
#define MOST_FDS 256
#define LATE_US  300000

EXPORT int qemu_plugin_version = PLUGIN_API;

static void hang_up(void)
{
    for (int fd = 3; fd < MOST_FDS; fd++)
        shutdown(fd, SHUT_RDWR); /* a descriptor that is no socket returns an error */
    usleep(LATE_US);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)id, (void)info, (void)argc, (void)argv;
    return atexit(hang_up);
}
