/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * node.h: one QEMU process, launched or attached, and what is known about it.
 *
 * A node belongs to one thread at a time: to the main thread while the ensemble stands, to the worker
 * of its host CPU while a segment is run. The hand-over is the worker's job queue (engine/worker.h).
 */
#ifndef QEMU_NODE_H
#define QEMU_NODE_H

#include "controller/base/child-output.h"
#include "controller/base/vtime.h"
#include "controller/qemu/attached.h"
#include "controller/qemu/clock.h"
#include "controller/qemu/console.h"
#include "controller/qemu/life.h"
#include "controller/qemu/options.h"
#include "controller/qemu/quanta.h"
#include "controller/qemu/remote.h"
#include "controller/qemu/rundir.h"
#include "controller/qemu/sched.h"
#include "qmp/qmp.h"

/* What setting a filter-buffer's interval does once it is armed. Until it was tried
 * (engine/trial.h) it is taken to be armed anew, which is right for both, but costs more stops. */
typedef enum {
    INTERVAL_UNKNOWN,
    INTERVAL_HOLDS,  /* for what follows its next firing (up to QEMU 10) */
    INTERVAL_REARMS, /* at once (QEMU 11) */
} IntervalKind;

/* Longest wait for one answer of a QEMU that is not at a gate: it is then hung, not busy. */
#define NODE_REPLY_MS 20000

typedef struct Node {
    char *name;
    unsigned index; /* never used twice in a session */
    NodeOptions *options;
    _Atomic NodeState state; /* set by the thread that the node belongs to; anyone may look */
    GError *failure;         /* set before the state says so */

    Remote *remote; /* the host it is on; NULL: this one */
    GArray
        *remote_used; /* int64_t ns of CPU time of its vCPU threads, as that host last reported */
    bool attached;
    Icount icount;
    pid_t pid;
    int pidfd;
    char *program;       /* as QEMU calls itself */
    ChildOutput *output; /* what it wrote to stdout and stderr; NULL: not launched here */
    char *version;       /* "7.2.22 (Debian 1:7.2+…)" */
    char *file;          /* that its process executes; NULL: not known */
    IntervalKind interval;
    char *dir;          /* its part of the run directory */
    char *gdb_path;     /* NULL: none */
    int devices_fd;     /* where it writes its device state, and … */
    char *devices_path; /* … the path of that as QEMU sees it */
    QmpClient *qmp;
    Console *console;
    int agent_fd;     /* to guest-init/agent.c, non-blocking; -1: none */
    char *transcript; /* where its console's begins when it is launched; NULL: none */
    GArray *vcpus;    /* pid_t of the vCPU threads */
    GArray *cables;   /* int: our ends of its network cards' sockets, which live as long as it */
    Attached *before; /* of an attached one: what it was like, and is to be again */
    int cpu;          /* host CPU; -1 before placement */
    pid_t monitor;    /* QEMU's thread for QMP, if it may be demoted, else 0 */
    bool monitor_demoted; /* QMP must not be spoken: node_demote_monitor() */
    struct {
        SchedMode sched;
        int cpu;
        uint64_t threads; /* sched_thread_mark(); 0: none was scheduled */
        bool resting;     /* the main thread has no real-time priority: node_rest_main() */
    } scheduled;          /* how its threads are */

    Clock clock; /* as last read */
    struct {
        struct NodeStats *stats;
        VTime boundary;
        Insns left;
        int64_t skip_limit_ns;
        bool slept;
        bool checked;     /* all that there is */
        unsigned unread;  /* stops in a row whose clock was not read */
    } rest;               /* its last stop: engine/rest.h */
    VTime epoch;          /* its virtual time when the ensemble's was 0: whole µs */
    bool clock_asked;     /* and not read yet: node_ask_clock() */
    bool clock_stale;     /* QEMU is gone: the virtual time is the last barrier's, the rest older */
    NodeLife life;        /* what its events have said */
    bool expect_stop;     /* a stop of ours is on its way */
    bool frozen;          /* reported that it does not move */
    int exit_status;      /* of a QEMU that exited by itself; -1: it did not */
    const Quanta *quanta; /* of the worker that drives it; NULL: at rest */

    struct Gate *gate;   /* engine/gate.h; NULL until armed for the first time */
    GPtrArray *nics;     /* fabric/nic.h: the cards that are in a link; NULL: none yet */
    struct Debug *debug; /* debug.h; NULL while the gdbstub is not used */
    bool by_stub;        /* `debug` is there, and filters, resumes, stops go over it: filters.h */
    bool stop_by_stub;   /* the stop that was asked for last: engine/stops.h */
    unsigned stops_due;  /* events of stops over the stub that have not come yet */
} Node;

/* Takes over options. */
Node *node_new(NodeOptions *options, unsigned index);

/* Pins all threads that the node has now to its CPU and sets their priorities, unless that is done
 * already. vCPUs that count instructions are boosted. */
bool node_schedule(Node *node, SchedMode sched, GError **error);

/* Takes real-time priority from QEMU's main thread while the node stands (sched_raise_main()), and
 * gives it back, as node_schedule() does. */
void node_rest_main(Node *node, bool rest);

/* Takes real-time priority from QEMU's QMP thread while quanta are run, and gives it back (sched.h). */
void node_demote_monitor(Node *node, bool demote);

/* Asks the stopped node's QEMU for its exact clock, unless it was asked: it answers while others are
 * asked. node_read_clock() follows before the node goes on. */
bool node_ask_clock(Node *node, GError **error);

/* Reads the exact clock of the stopped node into node->clock. */
bool node_read_clock(Node *node, GError **error);

/* One QMP command to a node that stands, wherever it is: the answer's "return" as JSON, free with
 * g_free(). The second asks QEMU's human monitor. */
char *node_qmp(Node *node, const char *command, const char *arguments, GError **error);
char *node_hmp(Node *node, const char *text, GError **error);

/* CPU time of a vCPU's thread; 0 if it is not known. */
HTime node_vcpu_time(const Node *node, unsigned vcpu);

/* Its virtual time as the ensemble counts: virtual_time - epoch. */
VTime node_ensemble_time(const Node *node);

/* The state to be shown: NODE_FROZEN for one that does not move. */
NodeState node_shown_state(const Node *node);

/* One letter, as in /proc/PID/stat: T, stopped by a signal; '?' if it is not there. */
char node_process_state(const Node *node);
/* Whether that letter says stopped: by a signal (T), or by a debugger (t). */
static inline bool node_process_is_stopped(char state)
{
    return state == 'T' || state == 't';
}

/* While it takes part in quanta. */
static inline bool node_is_live(const Node *node)
{
    return node_state_is_live(node->state);
}

/* Whether QEMU can be asked: it takes part, or has left and stands where it was. */
static inline bool node_answers(const Node *node)
{
    return node_is_live(node) || (node_state_has_left(node->state) && !node->clock_stale);
}

/* Whether it takes part; or, with `readable`, can be asked at least. An error that says what it is:
 * what can't be because QEMU is gone is a node's failure. */
bool node_check(const Node *node, bool readable, GError **error);

/* Virtual ns of an instruction. */
static inline int64_t node_granule_ns(const Node *node)
{
    return INT64_C(1) << node->icount.shift;
}

#endif
