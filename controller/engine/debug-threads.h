/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * debug-threads.h: the vCPUs of a node as threads of one gdb, and which of them it has chosen. The
 * node's gdbstub has a choice too, but that is everybody's (debug.h).
 */
#ifndef ENGINE_DEBUG_THREADS_H
#define ENGINE_DEBUG_THREADS_H

#include "controller/qemu/node.h"
#include "gdbstub-client/request.h"

typedef struct {
    Node *node;
    int patience_ms;   /* for answers of its gdbstub */
    GdbThread chosen;  /* Hg, or who stopped last; tid 0: not known yet */
    GdbThread control; /* Hc; tid -1: the chosen one */
    bool multiprocess; /* gdb takes ids such as p1.2 */
    GArray *all;       /* GdbThread; NULL: not asked for since the node moved */
    unsigned listed;   /* of them, those that qfThreadInfo and qsThreadInfo have told */
} DebugThreads;

void debug_threads_init(DebugThreads *threads, Node *node, int patience_ms);
void debug_threads_clear(DebugThreads *threads);

/* GdbThread, one at least; vCPU i is number i. NULL and an error. */
const GArray *debug_threads_all(DebugThreads *threads, GError **error);

/* The vCPU to be stepped where gdb does not say which: the chosen one, or another if that one waits
 * for an interrupt and the other does not. */
bool debug_threads_choose(DebugThreads *threads, unsigned *vcpu, GError **error);

/* The node has moved: gdb takes this thread for the chosen one now. NULL: it stays. */
void debug_threads_moved(DebugThreads *threads, const GdbThread *thread);

/* "thread:p01.02;" of the chosen one, as QEMU's stop replies have it. */
void debug_threads_append(DebugThreads *threads, GString *text);

/* Answers to requests; false and an error if the gdbstub gives none. */
bool debug_threads_select(DebugThreads *threads, const GdbRequest *request, GString *answer,
                          GError **error);
bool debug_threads_alive(DebugThreads *threads, const GdbRequest *request, GString *answer,
                         GError **error);
bool debug_threads_list(DebugThreads *threads, const GdbRequest *request, GString *answer,
                        GError **error);
bool debug_threads_current(DebugThreads *threads, GString *answer, GError **error);

#endif
