/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * late-exit.c: a QEMU that hangs up on everybody a while before its process ends, as any does for a
 * moment.
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
        shutdown(fd, SHUT_RDWR); /* what is no socket refuses it */
    usleep(LATE_US);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)id, (void)info, (void)argc, (void)argv;
    return atexit(hang_up);
}
