/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * debug.h: a node's gdbstub while it is used: one connection for all users, the points that are
 * set, and where one was hit.
 *
 * QEMU has one gdb client at a time, so whoever needs the stub shares this one: single steps,
 * registers and memory, breaks, the user's own gdb. A node with points is resumed through the stub
 * (vCont;c), since from QEMU 8.1 on only then a hit is reported there.
 *
 * At a hit QEMU's vCPU counts as idle until the main loop has stopped the VM
 * (cpu_handle_guest_debug(), icount_start_warp_timer()): with sleep=off the node's clock then moves
 * to its next timer, at most to the next boundary. No instruction is executed.
 *
 * A watchpoint is told of behind the access, or, where CPUClass.gdb_stop_before_watchpoint is set
 * (QEMU's target/ARCH/cpu.c), in front of it, at the instruction itself: then the access is yet to
 * be done. A gdb expects what QEMU does and steps over the instruction by itself. Who adds a point
 * by debug_add_access() wants the node behind the access in any case: debug_access_pending(),
 * debug_finish_access().
 *
 * Belongs to whoever owns the node at the moment (node.h). The node must stand.
 */
#ifndef QEMU_DEBUG_H
#define QEMU_DEBUG_H

#include "controller/qemu/node.h"
#include "gdbstub-client/gdbstub.h"

#include <stdbool.h>
#include <stdint.h>

/* Connects unless it is already. Each success is to be matched by one debug_release(). */
GdbClient *debug_use(Node *node, GError **error);
/* The same for who can't wait long where QEMU does not answer. */
GdbClient *debug_use_within(Node *node, int timeout_ms, GError **error);

/* The last one closes the connection and leaves the stub as it was found. */
void debug_release(Node *node);

/* The connection, or NULL. */
GdbClient *debug_client(const Node *node);

/* Points are counted: the same one may be set twice and stays until it is removed twice. A point is
 * a use of the connection. */
bool debug_add_point(Node *node, GdbPoint type, uint64_t address, unsigned kind, GError **error);
bool debug_remove_point(Node *node, GdbPoint type, uint64_t address, unsigned kind, GError **error);

/* The same, for one who wants the node behind the access. */
bool debug_add_access(Node *node, GdbPoint type, uint64_t address, unsigned length, GError **error);
bool debug_remove_access(Node *node, GdbPoint type, uint64_t address, unsigned length,
                         GError **error);

/* Whether a point may stop the node while it runs. */
bool debug_armed(const Node *node);

#define DEBUG_MAX_WATCHED 8

/* A watchpoint that an instruction has hit: its kind, and the first byte of it that was accessed. */
typedef struct {
    GdbWatch watch;
    uint64_t address;
} DebugWatched;

/* Where a point stopped the node. */
typedef struct {
    GdbStop stop;       /* for a gdb: its watch is one that was added by debug_add_point() */
    uint64_t pc;        /* where the vCPU stands; a breakpoint that is there counts as hit, too */
    bool pending;       /* it stands in front of the access */
    bool finished;      /* it stood there, and has executed the instruction since, … */
    uint64_t by;        /* … which is this one */
    unsigned n_watched; /* watchpoints that the instruction has hit */
    DebugWatched watched[DEBUG_MAX_WATCHED];
    VTime skip;   /* how far the clock moved on while nothing was executed, … */
    bool at_most; /* … or that it was no farther */
} DebugHit;

/* The last hit; NULL once the node has moved on from there. */
const DebugHit *debug_hit(const Node *node);

/* Before a single step: whether the vCPU stands at a point, which then counts as hit. */
bool debug_at_point(Node *node, const GdbThread *thread, bool *at, GError **error);

/* A run or a step was stopped by a point. */
bool debug_set_hit(Node *node, const GdbStop *stop, GError **error);
/* How far the clock has moved at the hit. */
void debug_set_skip(Node *node, VTime skip, bool at_most);

/* A step that takes longer has put the vCPU to sleep (WFI). Only liveness hangs on this time: with
 * its timers held the node stands still however long we wait. */
#define DEBUG_ASLEEP_MS 100

/* Whether the node stands in front of an access that is to be done (debug_add_access()). */
bool debug_access_pending(const Node *node);

/* In the worker: lets the instruction be executed that a pending access belongs to, and nothing else:
 * no timer, no interrupt. Its clock is read again. Which other watchpoints it hits is found, too. */
bool debug_finish_access(Node *node, GError **error);

/* A node of another host was stopped by a point there; NULL: it has moved on. */
void debug_copy_hit(Node *node, const DebugHit *hit);

/* In the worker: lets a node that stands at a hit execute the instruction there, past its point. Its
 * clock is read again if it did. *hit: that instruction has hit a watchpoint: it stands there now. */
bool debug_leave_point(Node *node, bool *hit, GError **error);

/* In the worker: resumes the node through the stub; what stops it is to be asked for by … */
bool debug_resume(Node *node, GError **error);

/* … this, when the connection is readable: true and *stopped if a point was hit; the node stands
 * then. A stop for another reason (the gate's own) is no hit. */
bool debug_check_stop(Node *node, bool *stopped, GError **error);

/* The vCPU that a thread is, counted from 0, and back: the stub's thread ids are one higher. */
bool debug_thread(Node *node, unsigned vcpu, GdbThread *out, GError **error);

/* The program counter of a vCPU. */
bool debug_pc(Node *node, const GdbThread *thread, uint64_t *pc, GError **error);

/* The names of all registers of a paused node, NULL-terminated; free with g_strfreev(). NULL if
 * they can't be known. */
char **debug_register_names(Node *node);

/* Closes, whoever uses it: the node leaves. A QEMU that goes on without us is left as it was found,
 * without points; one that we launched ends, and is told nothing. */
void debug_close(Node *node);

/* Forgets everything, without a word to QEMU. */
void debug_free(Node *node);

#endif
