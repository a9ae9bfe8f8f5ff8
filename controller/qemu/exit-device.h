/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exit-device.h: devices by which a guest ends its machine with an exit status: isa-debug-exit of
 * PCs, sifive_test of RISC-V's virt, HTIF of spike.
 *
 * Up to QEMU 8 such a device calls exit(). Since QEMU 9 it asks for a shutdown and leaves the status
 * with QEMU's main loop (qemu_system_shutdown_request_with_code(), system/runstate.c), which returns
 * it as the exit status of the process, with -no-shutdown too, whenever the process ends. No monitor
 * command tells it before.
 */
#ifndef QEMU_EXIT_DEVICE_H
#define QEMU_EXIT_DEVICE_H

#include "controller/qemu/node.h"

/* Whether text, of QEMU's `info qtree`, has such a device. Pure. */
bool exit_device_is_in(const char *text);

/* Whether the guest may have left by such a device: asks a QEMU whose guest has ended the machine.
 * False as well if QEMU does not answer. */
bool exit_device_used(Node *node);

#endif
