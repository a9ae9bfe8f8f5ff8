/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spawn.h: starts the QEMU process of a node. */
#ifndef QEMU_SPAWN_H
#define QEMU_SPAWN_H

#include "controller/qemu/node.h"

/* Starts QEMU with its throw-away overlays in the folder `overlays` (NULL: where it puts them) and fills in the node's QMP, console, cables, files and process. n->dir and
 * n->gdb_path must be set. qemu: path of the binary or NULL. */
bool spawn_qemu(Node *node, const char *qemu, const char *overlays, GError **error);

#endif
