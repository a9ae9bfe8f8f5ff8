/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attach.h: takes over a QEMU that runs already, and gives it back. */
#ifndef QEMU_ATTACH_H
#define QEMU_ATTACH_H

#include "controller/qemu/node.h"

/* Takes over the QEMU that serves qmp_path, and stops it. gdb_path may be NULL. Free with
 * node_free(). On failure the QEMU is left as it was found. */
Node *node_attach(const char *name, unsigned index, RunDir *dir, const char *qmp_path,
                  const char *gdb_path, GError **error);

/* Restores the threads of an attached QEMU and lets it run, also if the node has failed or the
 * connection broke. The gate of a node that has not failed must be gone already. */
bool node_detach(Node *node, GError **error);

#endif
