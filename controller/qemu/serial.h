/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * serial.h: `serial=` of `node add`: a node's serial port as a socket of QEMU that other programs
 * connect to.
 *
 * QEMU also writes the guest's output to a log, with or without a connection (logfile= of a
 * chardev, chardev/char.c), from the vCPU thread. This log is a pipe, and the controller's console
 * reads it. Input comes from the connection only.
 */
#ifndef QEMU_SERIAL_H
#define QEMU_SERIAL_H

#include <glib.h>
#include <stdbool.h>

/* True if value is unix:PATH or telnet:[HOST]:PORT, and at PATH lies nothing, or a socket that a
 * dead process of this user left behind. */
bool serial_check(const char *value, GError **error);

/* QEMU's -chardev for a value that was checked; log_fd: number of the descriptor in the child. Free
 * with g_free(). */
char *serial_chardev(const char *value, int log_fd);

/* Removes the socket of unix:PATH, which a QEMU that was killed leaves behind. */
void serial_remove(const char *value);

#endif
