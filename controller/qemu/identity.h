/* SPDX-License-Identifier: GPL-3.0-or-later */
/* identity.h: reads a QEMU's version, program file and vCPUs. */
#ifndef QEMU_IDENTITY_H
#define QEMU_IDENTITY_H

#include "controller/qemu/node.h"

/* Fills in the node's version, file and vCPUs from its QMP and its process. A QEMU older than 7.2
 * is an error. */
bool identity_read(Node *node, GError **error);

#endif
