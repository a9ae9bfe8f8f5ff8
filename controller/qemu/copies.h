/* SPDX-License-Identifier: GPL-3.0-or-later */
/* copies.h: saves machines, and copies RAM between nodes and saved states, of several nodes at the
 * same time. */
#ifndef QEMU_COPIES_H
#define QEMU_COPIES_H

#include "controller/qemu/machine.h"

typedef struct {
    Node *node;
    MachineState *state; /* NULL: nothing to copy */
    GError *why;         /* of a failure; owned by the caller */
} MachineCopy;

/* function: machine_copy_ram() or machine_fill_ram(). Fills in why of the copies that failed. */
void machine_copies(MachineCopy *copies, unsigned n,
                    bool (*function)(Node *node, MachineState *state, GError **error));

/* Saves the machines of the nodes that have a state here. All write their states before any is
 * awaited. A failure does not end that of other nodes: only a machine whose state is complete, but for
 * RAM that could not be stored, can go on. Fills in why of those that failed; `state` is NULL behind
 * it if more is missing than RAM. */
void machine_copies_save(MachineCopy *copies, unsigned n);

/* Whether none has failed. The first failure becomes the error, and none is owned any more. */
bool machine_copies_ended(const MachineCopy *copies, unsigned n, GError **error);

#endif
