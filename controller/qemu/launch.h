/* SPDX-License-Identifier: GPL-3.0-or-later */
/* launch.h: starts a node's QEMU, on the local host or on a remote host. */
#ifndef QEMU_LAUNCH_H
#define QEMU_LAUNCH_H

#include "controller/qemu/node.h"

/* Launches QEMU, stopped at virtual time 0; qemu: path of the binary or NULL; sched: of its host, if
 * that is this one. Main thread only:
 * QEMU dies with the thread that started it. */
bool node_launch(Node *node, RunDir *dir, const char *qemu, SchedMode sched, GError **error);

/* Makes a node of another host known there, unless it is: it waits for a saved state, and its console
 * is connected. Main thread. */
bool node_expect(Node *node, RunDir *dir, const char *qemu, GError **error);

#endif
