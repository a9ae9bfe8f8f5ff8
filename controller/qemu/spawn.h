/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spawn.h: starts the QEMU of a node. */
#ifndef QEMU_SPAWN_H
#define QEMU_SPAWN_H

#include "controller/qemu/node.h"

/* Fills in the node's QMP, console, cables, files and process; n->dir and n->gdb_path are set
 * already. qemu: path of the binary or NULL. */
bool spawn_qemu(Node *node, const char *qemu, GError **error);

#endif
