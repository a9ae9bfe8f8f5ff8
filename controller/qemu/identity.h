/* SPDX-License-Identifier: GPL-3.0-or-later */
/* identity.h: what QEMU a node has. */
#ifndef QEMU_IDENTITY_H
#define QEMU_IDENTITY_H

#include "controller/qemu/node.h"

/* Fills in the node's version, file and vCPUs, by its QMP and its process. A QEMU that is too old is an
 * error. */
bool identity_read(Node *node, GError **error);

#endif
