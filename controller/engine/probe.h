/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probe.h: what a QEMU does, found out by trying it, not by its version.
 *
 * A QEMU of the same binary, without a machine, is started beside the first node that
 * uses it, goes through its gate and ends: that takes as long as the node's own start, at the same
 * time. The result holds for the session. A QEMU that does neither of what is known is refused.
 */
#ifndef ENGINE_PROBE_H
#define ENGINE_PROBE_H

#include "controller/node/node.h"

typedef struct ProbeSet ProbeSet;

/* dir: where the tried QEMUs' files are; it outlives the set. */
ProbeSet *probe_set_new(RunDir *dir);

/* Waits for what is under way. NULL is allowed. */
void probe_set_free(ProbeSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProbeSet, probe_set_free)

/* Launches the node as node_launch() does, in the set's directory, and tries its QEMU beside it,
 * unless that was tried already. Fails, too, if that QEMU can't hold a gate, or behaves in a way that
 * is not known. Main thread. */
bool probe_launch(ProbeSet *set, Node *node, const char *qemu, GError **error);

#endif
