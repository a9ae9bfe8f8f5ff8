/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gdb-endpoint-private.h: an endpoint's own data. gdb-endpoint.c answers a gdb's requests,
 * gdb-resume.c those that let the ensemble move. */
#ifndef GDBSERVER_GDB_ENDPOINT_PRIVATE_H
#define GDBSERVER_GDB_ENDPOINT_PRIVATE_H

#include "controller/gdbserver/gdb-endpoint.h"
#include "controller/gdbserver/gdb-listen.h"
#include "controller/gdbserver/gdb-peer.h"
#include "controller/gdbserver/gdb-processes.h"
#include "controller/run/run.h"
#include "controller/session/journal.h"

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
    GdbProcess *stepping;    /* the process and … */
    GdbThread stepped;       /* … the vCPU that the present step moves, … */
    unsigned vcpu;           /* … and its number */
    JournalSteps steps;      /* where that began */
    unsigned alone;          /* steps that a continue of one vCPU may still make; 0: none */
    bool partly;             /* to gdb others than the stepped vCPU go on, but not all */
    VTime stepped_at; /* the ensemble's time when the step began; -1: gdb knows that all move */
    char *moved;      /* gdb_moved_all(): what its next resume shows; NULL: nothing */
    bool begun;       /* the first packet was served */
    bool extended;    /* gdb stays when it has detached from every process */
    bool running;     /* gdb waits for a stop reply */
    bool interrupted; /* gdb has sent 0x03 */
    bool ending;      /* metronome ends: gdb_end_all() */
    bool holding;     /* run_hold(): the node must not move */
    bool serving;     /* run_service() is about to call serve() */
    bool answering;   /* serve() is on the stack */
    bool doomed;      /* freed by a command that it is answering: serve() frees it */
};

/* Carries out a resume; its stop is told when it comes. What gdb has not been told yet comes first:
 * then nothing runs. The ensemble is at rest. */
void endpoint_resume(GdbEndpoint *endpoint, const GdbRequest *request);
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
