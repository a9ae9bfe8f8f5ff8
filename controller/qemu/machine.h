/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * machine.h: saves the state of stopped machines, and starts QEMUs that go on from saved states.
 *
 * The state is QEMU's migration stream plus the guest's RAM. RAM lies in a file in memory that QEMU
 * maps shared (mtr-ram), each machine in one of its own. The stream leaves it out (x-ignore-shared;
 * QEMU's migration/ram.c), and the file's pages are stored (page-store.h): the states of a node share
 * those that do not change. A private mapping of the saved
 * file would be restored without a copy, but QEMU puts private RAM into the stream, and reads and
 * fills all of its holes for that.
 *
 * Invariant: a machine that was saved never goes on in the same process, as QEMU keeps things that
 * are not in its state (translated code, whose turn it is among the vCPUs). All processes that
 * loaded one state have the same future.
 *
 * Saving and restoring are in steps, so that several QEMUs work at the same time. Main
 * thread; nodes that stand, of the local host.
 */
#ifndef QEMU_MACHINE_H
#define QEMU_MACHINE_H

#include "controller/base/page-store.h"
#include "controller/qemu/node.h"
#include "controller/qemu/overlays.h"

typedef struct {
    int devices;         /* file in memory with QEMU's migration stream */
    StoredPages *pages;  /* the guest's RAM, of a machine that was saved here; NULL: not stored */
    int ram;             /* file in memory with RAM that came from elsewhere; -1: no such file */
    GPtrArray *overlays; /* Overlay; NULL: none */
    bool whole;          /* RAM is in the stream */
    bool once; /* nobody else restores this state: the machine takes the file of its RAM */
    const char *version; /* of the QEMU that wrote the state, owned by others; NULL: any */
} MachineState;

#define MACHINE_STATE_NONE                                                                         \
    ((MachineState){.devices = -1, .pages = NULL, .ram = -1, .overlays = NULL})

/* Where new processes are started. */
typedef struct {
    RunDir *dir;
    const char *qemu; /* path of the binary, or NULL */
    SchedMode sched;
} MachinePlace;

void machine_state_clear(MachineState *state);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MachineState, machine_state_clear)

/* Hands over the state, and leaves none. */
static inline MachineState machine_state_steal(MachineState *state)
{
    MachineState out = *state;

    *state = MACHINE_STATE_NONE;
    return out;
}

/* The files of a state, for those who carry it elsewhere: number 0 is "devices", then "ram" unless
 * RAM is in the stream, then each overlay by the name of its drive. */
unsigned machine_state_n_parts(const MachineState *state);
const char *machine_state_part_name(const MachineState *state, unsigned part);
int64_t machine_state_part_size(const MachineState *state, unsigned part);
/* As memfile_read(). */
ssize_t machine_state_part_read(const MachineState *state, unsigned part, int64_t from, void *out,
                                size_t size, int64_t *at, GError **error);
/* The file of a part that is one; -1: it is stored pages. */
int machine_state_part_file(const MachineState *state, unsigned part);

/* Bytes of memory that machine_state_clear() would give back. */
int64_t machine_state_own_bytes(const MachineState *state);

/* Makes the file for the RAM of a machine that is about to be launched, if the machine can have
 * its RAM in one. */
bool machine_make_ram(Node *node, GError **error);

/* Whether the node's machine can be saved and started again. The error is the reason. */
bool machine_can_save(const Node *node, GError **error);

/* Orders QEMU to write the machine's state. From now on the machine can't go on in this process. */
bool machine_begin_save(Node *node, GError **error);
/* Waits for the state, but for RAM in a file of its own: machine_copy_ram() follows. */
bool machine_end_save(Node *node, MachineState *out, GError **error);
/* Any thread, one at a time for a node: stores the RAM in the state. */
bool machine_copy_ram(Node *node, MachineState *out, GError **error);

/*
 * Ends the node's process and starts another that waits for a state. The node stays what it was:
 * its options, console, clock and epoch. keep_ram: the RAM stays where it is, as the node goes on
 * from the state that was saved last; otherwise `state` has the RAM.
 *
 * gate, cards and debug connection of the node must be gone.
 */
bool machine_begin_restore(Node *node, const MachinePlace *place, const MachineState *state,
                           bool keep_ram, GError **error);
/* The same of a process that waits for a state by now. */
bool machine_begin_load(Node *node, const MachineState *state, GError **error);
/* Any thread, one at a time for a node; between the two, and not with keep_ram: makes the node's RAM
 * that of the state. */
bool machine_fill_ram(Node *node, MachineState *state, GError **error);
/* Waits until a process that was started for a state answers, and learns what it is. Any thread, if
 * nobody else has the node. */
bool machine_greet(Node *node, bool shares_ram, GError **error);
/* Orders the process, which has started by then, to load the state. */
bool machine_load(Node *node, const MachineState *state, GError **error);
/* Waits until the process has loaded the state, and reads its clock. */
bool machine_end_restore(Node *node, const MachinePlace *place, GError **error);

#endif
