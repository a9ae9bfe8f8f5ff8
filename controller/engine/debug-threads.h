/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * debug-threads.h: the vCPUs of a node as threads of one gdb, and which of them this gdb has
 * chosen.
 *
 * The node's gdbstub has a choice too, but all gdbs share that one (debug.h).
 */
#ifndef ENGINE_DEBUG_THREADS_H
#define ENGINE_DEBUG_THREADS_H

#include "controller/qemu/node.h"
#include "gdbstub-client/request.h"

typedef struct {
    Node *node;
    int patience_ms;   /* for answers of the node's gdbstub */
    GdbThread chosen;  /* by Hg, or the thread that stopped last; tid 0: not known yet */
    GdbThread control; /* by Hc; tid -1: the chosen thread */
    bool multiprocess; /* gdb accepts ids such as p1.2 */
    int64_t pid;       /* the process that gdb takes the node for; 0: what the gdbstub calls it */
    GArray *all;       /* GdbThread; NULL: not read since the node moved */
    unsigned listed;   /* threads of `all` that qfThreadInfo and qsThreadInfo have listed */
} DebugThreads;

void debug_threads_init(DebugThreads *threads, Node *node, int patience_ms);
void debug_threads_clear(DebugThreads *threads);

/* The node's threads: GdbThread, at least one; vCPU i is number i. The object owns the array.
 * NULL and an error on failure. */
const GArray *debug_threads_all(DebugThreads *threads, GError **error);

/* Chooses the vCPU to step where gdb does not name one: the chosen thread's, or another if the
 * chosen one waits for an interrupt and the other does not. */
bool debug_threads_choose(DebugThreads *threads, unsigned *vcpu, GError **error);

/* The node has moved: gdb now takes `thread` for the chosen one. NULL: the choice stays. */
void debug_threads_moved(DebugThreads *threads, const GdbThread *thread);

/* The thread's id as gdb knows it, such as p1.2; free with g_free(). */
char *debug_threads_id(const DebugThreads *threads, const GdbThread *thread);

/* Appends "thread:p01.02;" for the chosen thread, as in QEMU's stop replies. */
void debug_threads_append(DebugThreads *threads, GString *text);

/* Answers to requests. False and an error if the gdbstub does not answer. */
bool debug_threads_select(DebugThreads *threads, const GdbRequest *request, GString *answer,
                          GError **error);
bool debug_threads_alive(DebugThreads *threads, const GdbRequest *request, GString *answer,
                         GError **error);
bool debug_threads_list(DebugThreads *threads, const GdbRequest *request, GString *answer,
                        GError **error);
bool debug_threads_current(DebugThreads *threads, GString *answer, GError **error);

#endif
