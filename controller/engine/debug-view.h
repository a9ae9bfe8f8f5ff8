/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * debug-view.h: a node as one gdb sees it, on the connection that all gdbs share (debug.h): the
 * thread that this gdb has chosen, its points, its settings for steps and memory.
 *
 * A view answers every request that concerns the node alone. Requests to QEMU are built from the
 * parsed fields of gdb's request, never from gdb's bytes.
 *
 * Called in the thread that owns the node at the moment (node.h). The node must stand.
 */
#ifndef ENGINE_DEBUG_VIEW_H
#define ENGINE_DEBUG_VIEW_H

#include "controller/engine/debug-threads.h"
#include "gdbstub-client/request.h"

typedef struct DebugView DebugView;

/* Makes a view, which counts as a use of the connection. NULL and an error on failure. */
DebugView *debug_view_new(Node *node, GError **error);

/* Removes the view's points and ends its use of the connection. Accepts NULL. */
void debug_view_free(DebugView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DebugView, debug_view_free)

/* Fills `answer` with the answer to the request, perhaps an error. The answer stays empty for
 * unknown requests, and for requests that concern more than the node: a resume, also backwards, a
 * command, an end. */
void debug_view_answer(DebugView *view, const GdbRequest *request, GString *answer);

/* Why the last request could not be answered, for the log; NULL if it was answered. The view
 * owns the text. */
const char *debug_view_problem(const DebugView *view);

/* The threads and this gdb's choice among them. The view owns them. */
DebugThreads *debug_view_threads(DebugView *view);

/* The vCPU whose registers and memory this gdb sees, counted from 0, and whether its addresses are
 * physical. */
unsigned debug_view_vcpu(DebugView *view);
bool debug_view_physical(const DebugView *view);

/* Whether the node stands at the hit of a point that this gdb has set, and of which type. */
bool debug_view_hit(const DebugView *view, GdbPoint *type);

/* Whether this gdb has set a watchpoint at the place that a stop names. */
bool debug_view_watches(const DebugView *view, const GdbStop *stop);

/* What QEMU says of a thread, one line: "CPU#0 [running]"; "" if it says nothing. Free with
 * g_free(). */
char *debug_view_thread_text(DebugView *view, const GdbThread *thread);

/* Whether this gdb wants steps without interrupts. */
bool debug_view_masks(const DebugView *view);

#endif
