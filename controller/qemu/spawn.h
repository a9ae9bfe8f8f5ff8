/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spawn.h: starts the QEMU process of a node. */
#ifndef QEMU_SPAWN_H
#define QEMU_SPAWN_H

#include "controller/qemu/node.h"

/* In QEMU: the pipe by which its child says that the machine's state is written (node->saved_fd). */
#define SPAWN_SAVED_FD 6

/* Starts QEMU with its throw-away overlays in the folder `overlays` (NULL: where it puts them) and
 * fills in the node's QMP, console, cables, files and process. n->process_dir and n->gdb_path must be set. A
 * console that is there goes on with the new process. qemu: path of the binary or NULL. incoming:
 * QEMU waits for a saved state (machine.h).
 * With node->ahead the ends of its consoles' pipes are put there, and it gets a lower priority. */
bool spawn_qemu(Node *node, const char *qemu, const char *overlays, bool incoming, GError **error);

/* Removes the file that stood for initrd= (initrd.h): QEMU has read it once it answers. */
void spawn_forget_initrd(const Node *node);

#endif
