/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * debug-view.h: a node as one gdb sees it, on the connection that all share (debug.h): which thread
 * it has chosen, its points, how it wants steps and memory. Answers every request that concerns the
 * node alone; what reaches QEMU is made here from the request's fields, never from a gdb's bytes.
 *
 * Belongs to whoever owns the node at the moment (node.h). The node must stand.
 */
#ifndef ENGINE_DEBUG_VIEW_H
#define ENGINE_DEBUG_VIEW_H

#include "controller/engine/debug-threads.h"
#include "gdbstub-client/request.h"

typedef struct DebugView DebugView;

/* A use of the connection. */
DebugView *debug_view_new(Node *node, GError **error);

/* Takes its points away. NULL is allowed. */
void debug_view_free(DebugView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DebugView, debug_view_free)

/* Fills answer with the answer to the request, perhaps an error. It stays empty for what is not
 * known, and for what is not about the node alone: a resume, a command, an end. */
void debug_view_answer(DebugView *view, const GdbRequest *request, GString *answer);

/* Why the last request could not be answered, for the log; NULL if it was. */
const char *debug_view_problem(const DebugView *view);

/* Which thread this gdb has chosen; the view's. */
DebugThreads *debug_view_threads(DebugView *view);

/* Whether steps keep interrupts away, as gdb wants it. */
bool debug_view_masks(const DebugView *view);

#endif
