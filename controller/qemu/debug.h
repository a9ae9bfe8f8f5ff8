/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * debug.h: the connection to a node's gdbstub: shared by all users, with the points that are set
 * and the last hit of a point.
 *
 * QEMU serves one gdb client at a time, so single steps, registers and memory, breaks and the
 * user's own gdb share this connection. A node with points is resumed through the stub (vCont;c),
 * since from QEMU 8.1 on only then a hit is reported there.
 *
 * At a hit QEMU's vCPU counts as idle until the main loop has stopped the VM
 * (cpu_handle_guest_debug(), icount_start_warp_timer()). With sleep=off the node's clock then moves
 * to its next timer, at most to the next boundary. No instruction is executed.
 *
 * QEMU reports a watchpoint behind the access. Targets that set CPUClass.gdb_stop_before_watchpoint
 * (QEMU's target/ARCH/cpu.c) report it in front of the access, at the instruction itself: the
 * access is then yet to be done. A gdb expects what QEMU does and steps over the instruction by
 * itself. A caller of debug_add_access() wants the node behind the access in any case: see
 * debug_access_pending() and debug_finish_access().
 *
 * A connection belongs to the thread that owns the node (node.h). The node must stand.
 */
#ifndef QEMU_DEBUG_H
#define QEMU_DEBUG_H

#include "controller/qemu/node.h"
#include "gdbstub-client/gdbstub.h"

#include <stdbool.h>
#include <stdint.h>

/* Connects unless there is a connection, and counts one use. Each success needs one
 * debug_release(). The client stays owned by the node. */
GdbClient *debug_use(Node *node, GError **error);
/* debug_use() with a limit in host ms for the wait for a QEMU that does not answer. */
GdbClient *debug_use_within(Node *node, int timeout_ms, GError **error);

/* Connects to the stub of the node's new process, and sets all points there. same: the node stands
 * where it stood, at its hit if there is one. Does nothing without a connection. On failure the connection is gone, with its users. */
bool debug_reconnect(Node *node, bool same, GError **error);

/* Ends one use. The last one restores the stub's step flags and closes the connection. */
void debug_release(Node *node);

/* The connection, or NULL. */
GdbClient *debug_client(const Node *node);

/* Points are counted: a point that is set twice stays until it is removed twice. Each point is a
 * use of the connection. kind: as in gdb's Z packets. */
bool debug_add_point(Node *node, GdbPoint type, uint64_t address, unsigned kind, GError **error);
bool debug_remove_point(Node *node, GdbPoint type, uint64_t address, unsigned kind, GError **error);

/* debug_add_point() and debug_remove_point() for a caller that wants the node behind the access. */
bool debug_add_access(Node *node, GdbPoint type, uint64_t address, unsigned length, GError **error);
bool debug_remove_access(Node *node, GdbPoint type, uint64_t address, unsigned length,
                         GError **error);

/* Takes all points that are set out of QEMU, for a while: points that are added afterwards are set, and
 * are to be removed before debug_unmute() sets the others again. Both do nothing the second time, or
 * without a connection. A node that is not live only forgets that it was muted. */
bool debug_mute(Node *node, GError **error);
bool debug_unmute(Node *node, GError **error);

/* A vCPU that stands at a breakpoint without having hit it, as behind a way back, is from now on at a
 * hit: the next run goes on behind it. thread: the vCPU that hit it there. NULL: it is not known; then
 * a node with several vCPUs stays as it is, since any of them may be the one that goes on first. */
bool debug_note_hit(Node *node, const GdbThread *thread, GError **error);

/* Whether a point may stop the node while it runs. */
bool debug_armed(const Node *node);

#define DEBUG_MAX_WATCHED 8

/* A watchpoint that an instruction has hit: its kind, and the first watched byte that was
 * accessed. */
typedef struct {
    GdbWatch watch;
    uint64_t address;
} DebugWatched;

/* The place where a point stopped the node. */
typedef struct {
    GdbStop stop;       /* for a gdb: `watch` is only set if debug_add_point() added it */
    uint64_t pc;        /* of the vCPU; a breakpoint at this address counts as hit, too */
    bool pending;       /* the vCPU stands in front of the access */
    bool finished;      /* the vCPU stood there, and has executed the instruction since */
    uint64_t by;        /* the address of that instruction */
    unsigned n_watched; /* watchpoints that the instruction has hit */
    DebugWatched watched[DEBUG_MAX_WATCHED];
    VTime skip;   /* virtual time that passed while nothing was executed */
    bool at_most; /* `skip` is only an upper limit */
} DebugHit;

/* The last hit; NULL once the node has moved on. */
const DebugHit *debug_hit(const Node *node);
/* Whether the hit is also of a point that others than the `own` callers of debug_add_point(), or any
 * of debug_add_access(), have set. */
bool debug_hit_by_others(const Node *node, unsigned own);

/* Before a single step: whether the vCPU stands at a breakpoint, which then counts as hit. */
bool debug_at_point(Node *node, const GdbThread *thread, bool *at, GError **error);

/* Records that a point has stopped a run or a step, and reads the program counter. */
bool debug_set_hit(Node *node, const GdbStop *stop, GError **error);
/* Records how far the clock has moved at the hit. */
void debug_set_skip(Node *node, VTime skip, bool at_most);

/* Host ms. A step that takes longer has put the vCPU to sleep (WFI). Only liveness depends on this
 * time: while its timers are held, the node stands still however long we wait. */
#define DEBUG_ASLEEP_MS 100

/* Whether the node stands in front of an access of debug_add_access() that is yet to be done. */
bool debug_access_pending(const Node *node);

/* Worker thread. Executes the instruction of a pending access and nothing else: no timer, no
 * interrupt. Then reads the clock and records the other watchpoints that the instruction hits. */
bool debug_finish_access(Node *node, GError **error);

/* Copies the hit that a remote host reports for its node; NULL: the node has moved on. */
void debug_copy_hit(Node *node, const DebugHit *hit);

/* Worker thread. Moves a node that stands at a hit past its point: executes the instruction there
 * and reads the clock again. Nothing is executed if the node has moved on already. *hit: this
 * instruction has hit a watchpoint, and the node stands there now. */
bool debug_leave_point(Node *node, bool *hit, GError **error);

/* Worker thread. Resumes the node through the stub. debug_check_stop() then looks for a stop. */
bool debug_resume(Node *node, GError **error);

/* To be called when the connection is readable; does not wait. True with *stopped if a point was
 * hit: the node stands then. A stop for another reason (the gate's own) is no hit. */
bool debug_check_stop(Node *node, bool *stopped, GError **error);

/* The stub's thread for vCPU number `vcpu`, counted from 0. The stub's thread ids are one
 * higher. */
bool debug_thread(Node *node, unsigned vcpu, GdbThread *out, GError **error);

/* Reads the program counter of a vCPU. */
bool debug_pc(Node *node, const GdbThread *thread, uint64_t *pc, GError **error);

/* The names of all registers of a paused node, NULL-terminated; free with g_strfreev(). NULL if
 * they can't be known. */
char **debug_register_names(Node *node);

/* Closes the connection, with users or without: the node leaves. An attached QEMU gets its step
 * flags back and loses the points. A launched QEMU ends, and nothing is sent to it. */
void debug_close(Node *node);

/* Frees the connection without a message to QEMU. */
void debug_free(Node *node);

#endif
