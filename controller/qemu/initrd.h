/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * initrd.h: the initial RAM disk of a Linux guest with files= behind it: the kernel unpacks one
 * archive after the other, however each of them is compressed. Any thread.
 */
#ifndef QEMU_INITRD_H
#define QEMU_INITRD_H

#include "controller/qemu/options.h"

/* Whether files= goes with the other options. Looks at the files. */
bool initrd_check(const NodeOptions *options, GError **error);

/* Writes initrd= and the archive of files= to a file at `path`. On failure there is none, and the
 * error names the node. */
bool initrd_write(const NodeOptions *options, const char *path, GError **error);

#endif
