/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drives.h: a node's disk, CD-ROM and firmware: checks the images, and makes QEMU's options for
 * them. Pure but for reading image headers and looking for firmware files.
 */
#ifndef QEMU_DRIVES_H
#define QEMU_DRIVES_H

#include "controller/qemu/options.h"

/* Whether format= is a format that a disk can have. */
bool drives_check_format(const NodeOptions *options, GError **error);

/* Checks conditions on several keys, and fills in the disk's format. */
bool drives_finish(NodeOptions *options, GError **error);

/* Appends what holds for all images of the node, those of extra= too. */
void drives_argv_pool(GPtrArray *argv, const NodeOptions *options);

/* Appends the arguments. disk: QEMU's device for a disk; scsi: its SCSI controller. */
void drives_argv(GPtrArray *argv, const NodeOptions *options, const char *disk, const char *scsi);

#endif
