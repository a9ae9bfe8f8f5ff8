/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdb-processes.h: the nodes that one gdb is attached to. To gdb each of them is a process.
 *
 * A set is made for one node, or for all nodes of the session. The set of one node uses the ids of
 * QEMU's gdbstub unchanged. In the set of all nodes a node has the process id `index + 1`, with
 * which a gdb can attach to a node that is not in the set yet. So a node that is added later can
 * join, and a node can leave.
 *
 * Main thread. The ensemble must be at rest, except for functions that are marked otherwise.
 *
 * Protocol: gdb manual, appendix "Remote Serial Protocol", "General Query Packets" (multiprocess);
 * QEMU's example with clusters: gdbstub/gdbstub.c.
 */
#ifndef GDBSERVER_GDB_PROCESSES_H
#define GDBSERVER_GDB_PROCESSES_H

#include "controller/engine/debug-view.h"
#include "controller/session/session.h"

typedef struct {
    Node *node; /* NULL: the node was removed from the session */
    char *name; /* of the node */
    int64_t pid;
    DebugView *view; /* NULL as soon as node is NULL */
    bool told;       /* gdb knows of the hit with which the node stands at this clock: */
    Clock told_at;
} GdbProcess;

typedef struct GdbProcesses GdbProcesses;

/* Makes an empty set, for the node or, with NULL, for all nodes. Free with gdb_processes_free(). */
GdbProcesses *gdb_processes_new(const Session *session, Node *node);
void gdb_processes_free(GdbProcesses *processes);

/* Whether gdb can attach to the node by this set. Any time. */
bool gdb_processes_can_have(const GdbProcesses *processes, const Node *node);

/* Commands for a gdb that make an inferior of each of all nodes that can be attached to. Any time.
 * Free with g_free(). */
char *gdb_processes_script(const GdbProcesses *processes, const char *address);

/* Attaches a new gdb: to the only node, or to the first of all nodes that can be attached to. False
 * and an error if there is none. */
bool gdb_processes_begin(GdbProcesses *processes, GError **error);
/* Attaches to one more node of all: GDB's `attach PID`. NULL and an error if that is not possible. */
GdbProcess *gdb_processes_attach(GdbProcesses *processes, int64_t pid, GError **error);
/* Detaches from a node: gdb's points there are removed. */
void gdb_processes_detach(GdbProcesses *processes, GdbProcess *process);
/* Detaches from all nodes. */
void gdb_processes_clear(GdbProcesses *processes);
/* The node is about to be removed from the session. Its process stays in the set, without a node. */
void gdb_processes_forget(GdbProcesses *processes, const Node *node);

/* Number of nodes that gdb is attached to. Any time. */
unsigned gdb_processes_count(const GdbProcesses *processes);
/* The process with this id; NULL: gdb is not attached to it. */
GdbProcess *gdb_processes_find(const GdbProcesses *processes, int64_t pid);
/* The process that gdb has selected, or whose stop was reported last; NULL: there is none. */
GdbProcess *gdb_processes_current(const GdbProcesses *processes);

/* The process that a resume without actions moves: by Hc, else the current one. NULL: there is none. */
GdbProcess *gdb_processes_resumed(const GdbProcesses *processes);
/* The vCPU that a step without actions moves there: by Hc, else the chosen one. False: the node has only
 * one, or its gdbstub does not answer. */
bool gdb_processes_resumed_vcpu(const GdbProcesses *processes, GdbThread *thread, unsigned *vcpu);
/* Whether gdb takes only that one for moved then, and has others. */
bool gdb_processes_alone(const GdbProcesses *processes);
/* The process of a node; NULL: gdb is not attached to it. */
GdbProcess *gdb_processes_of(const GdbProcesses *processes, const Node *node);

/* Whether the process takes part in the ensemble. */
bool gdb_process_is_live(const GdbProcess *process);
/* The first process that does not, and that the resume would move if it did; NULL: there is none.
 * resume NULL: any. */
GdbProcess *gdb_processes_ended(const GdbProcesses *processes, const GdbRequest *resume);
/* Whether the stub of any process is gone. */
bool gdb_processes_lost(const GdbProcesses *processes);

/* Answers a request that concerns a node alone, or lists threads, as debug_view_answer() does. */
void gdb_processes_answer(GdbProcesses *processes, const GdbRequest *request, GString *answer);

/* Combines the actions of a resume over the threads of all processes. For a step, or a continue
 * alone, *which and *vcpu are the vCPU. GDB_RESUME_UNKNOWN with an error: a gdbstub does not answer. */
GdbResume gdb_processes_resume(GdbProcesses *processes, const GdbRequest *request,
                               GdbProcess **which, unsigned *vcpu, GError **error);
/* Whether a resume names every process, so that gdb knows that all move. */
bool gdb_processes_named(GdbProcesses *processes, const GdbRequest *request);

/* After a run: the process whose node a point has stopped, of this gdb's points first; NULL: no
 * node stands at a hit. */
GdbProcess *gdb_processes_stopped(const GdbProcesses *processes);
/* A process that stands at a hit of this gdb's points of which gdb was not told, and that the
 * resume would move; NULL: there is none. */
GdbProcess *gdb_processes_untold(GdbProcesses *processes, const GdbRequest *request);
/* Appends a stop reply for the process, which becomes the current one. stop NULL: of the thread
 * that is chosen there. */
void gdb_processes_append_stop(GdbProcesses *processes, GdbProcess *process, unsigned signal,
                               const GdbStop *stop, GString *text);
/* The ensemble has moved: what was read of each node's threads is old. */
void gdb_processes_moved(GdbProcesses *processes);

#endif
