/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exit-device.c: looks for a device's line in `info qtree`: "  dev: isa-debug-exit, id \"\""
 * (qdev_print(), softmmu/qdev-monitor.c). HTIF is no device there, but a part of one machine. */
#include "controller/qemu/exit-device.h"

#include "controller/qemu/board.h"

#include <string.h>

bool exit_device_is_in(const char *text)
{
    return strstr(text, "dev: isa-debug-exit,") || strstr(text, "dev: riscv.sifive.test,");
}

bool exit_device_used(Node *n)
{
    g_autofree char *text = NULL;

    if (strcmp(n->life.why, "guest-shutdown") != 0 && strcmp(n->life.why, "guest-panic") != 0)
        return false;
    if (n->options->machine && board_is(n->options->machine, "spike"))
        return true;
    text = node_hmp(n, "info qtree", NULL);
    return text && exit_device_is_in(text);
}
