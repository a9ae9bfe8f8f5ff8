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
 * Belongs to whoever owns the node at the moment (node.h). The node must stand.
 */
#ifndef ENGINE_DEBUG_H
#define ENGINE_DEBUG_H

#include "controller/node/node.h"
#include "gdbstub-client/gdbstub.h"

#include <stdbool.h>
#include <stdint.h>

/* Connects unless it is already. Each success is to be matched by one debug_release(). */
GdbClient *debug_use(Node *node, GError **error);

/* The last one closes the connection and leaves the stub as it was found. */
void debug_release(Node *node);

/* The connection, or NULL. */
GdbClient *debug_client(const Node *node);

/* Points are counted: the same one may be set twice and stays until it is removed twice. A point is
 * a use of the connection. */
bool debug_add_point(Node *node, GdbPoint type, uint64_t address, unsigned kind, GError **error);
bool debug_remove_point(Node *node, GdbPoint type, uint64_t address, unsigned kind, GError **error);

/* Whether a point may stop the node while it runs. */
bool debug_armed(const Node *node);

/* Where a point stopped the node. */
typedef struct {
    GdbStop stop;
    uint64_t pc;
} DebugHit;

/* The last hit; NULL once the node has moved on from there. */
const DebugHit *debug_hit(const Node *node);

/* Before a single step: whether the vCPU stands at a point, which then counts as hit. */
bool debug_at_point(Node *node, const GdbThread *thread, bool *at, GError **error);

/* A step's end was a watchpoint. */
bool debug_set_hit(Node *node, const GdbStop *stop, GError **error);

/* A node of another host was stopped by a point there; NULL: it has moved on. */
void debug_copy_hit(Node *node, const DebugHit *hit);

/* In the lane: lets a node that stands at a hit execute the instruction there, past its point. Its
 * clock is read again if it did. */
bool debug_leave_point(Node *node, GError **error);

/* In the lane: resumes the node through the stub; what stops it is to be asked for by … */
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

/* Takes all points away and closes, whoever uses it: the node leaves. */
void debug_close(Node *node);

/* Forgets everything, without a word to QEMU. */
void debug_free(Node *node);

#endif
