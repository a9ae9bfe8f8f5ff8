/* SPDX-License-Identifier: GPL-3.0-or-later */
/* launch.h: starts a node's QEMU, here or on another host. */
#ifndef NODE_LAUNCH_H
#define NODE_LAUNCH_H

#include "controller/node/node.h"

/* Launches QEMU, stopped at virtual time 0; qemu: path of the binary or NULL. Main thread only:
 * QEMU dies with the thread that started it. */
bool node_launch(Node *node, RunDir *dir, const char *qemu, GError **error);

#endif
