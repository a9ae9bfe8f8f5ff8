/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * serial.h: a node's serial port as a socket of QEMU's that others connect to, `serial=` of
 * `node add`. QEMU writes what the guest sends to a log as well, whether somebody is connected or
 * not (logfile= of a chardev, chardev/char.c), from the vCPU thread: that log is a pipe, and the
 * controller's console. Input comes from the connection only.
 */
#ifndef QEMU_SERIAL_H
#define QEMU_SERIAL_H

#include <glib.h>
#include <stdbool.h>

/* True if value is unix:PATH or telnet:[HOST]:PORT, and nothing but a socket lies at PATH. */
bool serial_check(const char *value, GError **error);

/* QEMU's -chardev for a value that was checked; log_fd as numbered in the child. Free with
 * g_free().
 */
char *serial_chardev(const char *value, int log_fd);

/* Removes the socket of unix:PATH, which a QEMU that was killed leaves behind. */
void serial_remove(const char *value);

#endif
