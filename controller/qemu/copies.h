/* SPDX-License-Identifier: GPL-3.0-or-later */
/* copies.h: copies RAM between nodes and saved states, of several nodes at the same time. */
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

#endif
