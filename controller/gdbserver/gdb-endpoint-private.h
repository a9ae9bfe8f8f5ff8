/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gdb-endpoint-private.h: an endpoint's own data. gdb-endpoint.c answers a gdb's requests,
 * gdb-resume.c those that let the ensemble move, gdb-reverse.c those that take it back. */
#ifndef GDBSERVER_GDB_ENDPOINT_PRIVATE_H
#define GDBSERVER_GDB_ENDPOINT_PRIVATE_H

#include "controller/gdbserver/gdb-endpoint.h"
#include "controller/gdbserver/gdb-listen.h"
#include "controller/gdbserver/gdb-peer.h"
#include "controller/gdbserver/gdb-processes.h"
#include "controller/run/run.h"
#include "controller/session/journal.h"

/* What a gdb waits for that has asked to go back. */
typedef enum {
    GDB_BACK_NOT,   /* it has not */
    GDB_BACK_DUE,   /* for the end of what the ensemble does */
    GDB_BACK_GOING, /* for the end of the way back */
} GdbBack;

struct GdbEndpoint {
    Session *session;
    Node *node; /* the only one; NULL: all nodes */
    GdbListener *listener;
    unsigned listen_source;
    const GdbEndpointEvents *events;
    bool closing; /* gdb_endpoint_free() was called: no event is called any more */
    void *events_data;

    /* the gdb that is attached */
    GdbPeer *peer;
    GdbProcesses *processes; /* empty until the first packet is served */
    GdbMonitor *monitor;     /* the command that is being carried out */
    unsigned patience;       /* source that tells gdb so; 0: none */
    GdbProcess *stepping;    /* the process and … */
    GdbThread stepped;       /* … the vCPU that the present step moves, … */
    unsigned vcpu;           /* … and its number */
    JournalSteps steps;      /* where that began */
    unsigned alone;          /* steps that a continue of one vCPU may still make; 0: none */
    bool known;              /* the present step goes along the branch that is known … */
    unsigned along;          /* … and so many more may, of other vCPUs, … */
    uint64_t stepped_pc;     /* … as long as that one stands here */
    bool partly;             /* to gdb others than the stepped vCPU go on, but not all */
    VTime stepped_at; /* the ensemble's time when the step began; -1: gdb knows that all move */
    char *moved;      /* gdb_moved_all(): what its next resume shows; NULL: nothing */
    GdbBack back;
    bool back_step;   /* by one instruction, else to the last hit */
    bool begun;       /* the first packet was served */
    bool extended;    /* gdb stays when it has detached from every process */
    bool running;     /* gdb waits for a stop reply */
    bool interrupted; /* gdb has sent 0x03 */
    bool early;   /* it has, behind packets that wait: for the resume among them, if there is one */
    bool ending;  /* metronome ends: gdb_end_all() */
    bool holding; /* run_hold(): the node must not move */
    bool serving; /* run_service() is about to call serve() */
    bool answering; /* serve() is on the stack */
    bool doomed;    /* freed by a command that it is answering: serve() frees it */
};

/* Carries out a resume; its stop is told when it comes. What gdb has not been told yet comes first:
 * then nothing runs. The ensemble is at rest. */
void endpoint_resume(GdbEndpoint *endpoint, const GdbRequest *request);
/* Takes the ensemble back by one instruction of the node, or to the last hit before now, and tells the
 * stop when it is there. All other gdbs are told at their next resume (gdb_moved_all()). */
void endpoint_reverse(GdbEndpoint *endpoint, const GdbRequest *request);
/* The gdb is gone: ends a way back that it has asked for, and forgets it. */
void endpoint_leave_reverse(GdbEndpoint *endpoint);

/* Refuses a resume, with code as the answer, and shows the reason: gdb shows the target's output while
 * a resume is under way. */
void endpoint_refuse(GdbEndpoint *endpoint, const char *code, const char *why);
/* What gdb is to be told before anything moves: that a process has ended, or that the ensemble is
 * elsewhere. False: nothing. resume NULL: one that moves all. */
bool endpoint_tell_first(GdbEndpoint *endpoint, const GdbRequest *resume);
/* Metronome ends: so does the process that gdb waits for. */
void endpoint_tell_exit(GdbEndpoint *endpoint);
/* Sends a stop reply. signal 0: the node itself has no reason to stop. */
void endpoint_tell_stop(GdbEndpoint *endpoint, GdbProcess *process, unsigned signal,
                        const GdbStop *stop);
/* Sends the end of a process whose node has left the ensemble. A gdb that has others has then one
 * process less. */
void endpoint_tell_end(GdbEndpoint *endpoint, GdbProcess *process);
/* Holds the active run, if there is one, for a gdb whose nodes stand: no other gdb may move them. */
void endpoint_hold(GdbEndpoint *endpoint);
/* Ends that hold. */
void endpoint_release(GdbEndpoint *endpoint);

#endif
