/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * node.h: one QEMU process, launched or attached, and what is known about it.
 *
 * A node belongs to one thread at a time: to the main thread while the ensemble stands, to the
 * worker of its host CPU while a segment is run. The worker's job queue hands the node over
 * (engine/worker.h).
 */
#ifndef QEMU_NODE_H
#define QEMU_NODE_H

#include "controller/base/child-output.h"
#include "controller/base/page-store.h"
#include "controller/base/vtime.h"
#include "controller/qemu/attached.h"
#include "controller/qemu/clock.h"
#include "controller/qemu/console.h"
#include "controller/qemu/disk.h"
#include "controller/qemu/life.h"
#include "controller/qemu/options.h"
#include "controller/qemu/quanta.h"
#include "controller/qemu/remote.h"
#include "controller/qemu/rundir.h"
#include "controller/qemu/sched.h"
#include "qmp/qmp.h"

/* Effect of setting the interval of an armed filter-buffer. As long as engine/trial.h has not tried
 * the QEMU, metronome arms the filter-buffer anew. That is right for both kinds, but costs more
 * stops. */
typedef enum {
    INTERVAL_UNKNOWN,
    INTERVAL_HOLDS,  /* the new interval begins behind the next firing (up to QEMU 10) */
    INTERVAL_REARMS, /* the new interval begins at once (QEMU 11) */
} IntervalKind;

/* Longest wait for one answer of a QEMU that is not at a gate. A QEMU that takes longer is hung,
 * not busy. */
#define NODE_REPLY_MS 20000

/* Of a process that was started before its node needed it (spare.h): what is the node's only once it
 * has the process. */
typedef struct {
    int output, input;      /* our ends of the console's pipes; -1: the node has them */
    int semi;               /* of its semihosting's pipe; -1: likewise, or there is none */
    struct GdbClient *stub; /* a connection to its gdbstub; NULL: none any more */
    unsigned sstep;         /* the stub's step flags */
} NodeAhead;

typedef struct Node {
    char *name;
    unsigned index; /* never used twice in a session */
    NodeOptions *options;
    _Atomic NodeState state; /* set by the node's thread; any thread may read it */
    GError *failure;         /* set before the state becomes NODE_FAILED */

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
    char *dir;            /* the node's folder in the run directory */
    char *fifos;          /* the folder of its FIFOs and the gate's sockets: in memory, or dir */
    char *process_dir;    /* the folder by which its process is known (mark.h): dir, or a spare's */
    char *gdb_path;       /* the gdbstub's socket; remote node: "host NAME"; NULL: none */
    int ram_fd;           /* file in memory with the guest's RAM; -1: QEMU has allocated it */
    PageStore *ram_store; /* its saved RAM: machine.h; NULL: nothing was saved */
    int devices_fd;       /* QEMU writes its device state to this file */
    char *devices_path;   /* path of that file as QEMU sees it */
    int saved_fd;         /* here QEMU's child says that it has written all of it: machine.c */
    QmpClient *qmp;
    NodeAhead *ahead;    /* NULL: its process was started for it */
    struct Spare *spare; /* its next process: spare.h; NULL: none */
    void (*drop_spare)(struct Node *node);
    Console *console;
    Console *semi;        /* what the guest writes by semihosting: semi.h; NULL: none */
    bool semi_warned;     /* that its handles are not part of a save */
    int agent_fd;         /* to guest-init/agent.c, non-blocking; -1: none */
    char *transcript;     /* file of the console transcript that begins at the launch; NULL: none */
    GArray *vcpus;        /* pid_t of the vCPU threads */
    GArray *cables;       /* int: our ends of the NICs' sockets, open as long as the node lives */
    GPtrArray *uarts;     /* Uart: uart.h; empty without uarts= */
    Attached *before;     /* state of an attached QEMU before the attach, to be restored */
    int cpu;              /* host CPU; -1 before placement */
    pid_t monitor;        /* QEMU's thread for QMP if it may be demoted, else 0 */
    bool monitor_demoted; /* QMP must not be used: node_demote_monitor() */
    struct {
        SchedMode sched;
        int cpu;
        uint64_t threads; /* sched_thread_mark(); 0: none was scheduled */
        bool resting;     /* the main thread has no real-time priority: node_rest_main() */
    } scheduled;          /* scheduling of the node's threads now */

    Clock clock; /* as last read */
    struct {
        struct NodeStats *stats;
        VTime boundary;
        Insns left;
        int64_t skip_limit_ns;
        bool slept;
        bool checked;    /* all that there is */
        unsigned unread; /* stops in a row whose clock was not read */
    } rest;              /* the last stop: engine/rest.h */
    struct {
        bool given;       /* else as the node's points need it */
        int64_t us;       /* its virtual clock is braked every so many µs; 0: it is not */
    } brakes;             /* of a run that is given again */
    VTime epoch;          /* the node's virtual time when the ensemble's was 0: whole µs */
    bool clock_asked;     /* asked for and not read yet: node_ask_clock() */
    bool clock_stale;     /* its QEMU ended before its clock was read: the virtual time is the last
                             barrier's, the rest older */
    NodeLife life;        /* what its events have said */
    bool expect_stop;     /* a stop of ours is on its way */
    bool frozen;          /* reported that it does not move */
    NodeDisk disk;        /* what its disks mean for repeatability */
    int exit_status;      /* of a QEMU that exited by itself; -1: it did not */
    bool ending;          /* node_begin_end() has been called for its process */
    const Quanta *quanta; /* of the worker that drives the node; NULL: at rest */

    struct Gate *gate;   /* engine/gate.h; NULL until armed for the first time */
    GPtrArray *nics;     /* fabric/nic.h: the NICs that are in a link; NULL: none yet */
    struct Debug *debug; /* debug.h; NULL while the gdbstub is not used */
    bool by_stub;        /* filters, resumes and stops go over `debug`: filters.h */
    bool stop_by_stub;   /* the last stop was asked for over the stub: engine/stops.h */
    unsigned stops_due;  /* STOP events, of stops over the stub, that are still to come */
} Node;

/* Returns a node in state NODE_ADDED that takes over options. Free with node_free() (ending.h). */
Node *node_new(NodeOptions *options, unsigned index);

/* Makes the node's folders, dir and fifos, unless they are there. */
bool node_make_folders(Node *node, RunDir *dir, GError **error);

/* Pins all threads that the node has now to its CPU and sets their priorities, unless that is done
 * already. vCPUs that count instructions are boosted. */
bool node_schedule(Node *node, SchedMode sched, GError **error);

/* Takes real-time priority from QEMU's main thread while the node stands (sched_raise_main()), and
 * gives it back, as node_schedule() does. */
void node_rest_main(Node *node, bool rest);

/* demote: takes real-time priority from QEMU's QMP thread while quanta are run. !demote: gives it
 * back (sched_demote_monitor()). */
void node_demote_monitor(Node *node, bool demote);

/* Asks the stopped node's QEMU for its exact clock, unless a request is under way. QEMU works on
 * the answer while other nodes are asked. node_read_clock() must follow before the node goes on. */
bool node_ask_clock(Node *node, GError **error);

/* Reads the exact clock of the stopped node into node->clock. Waits up to NODE_REPLY_MS. */
bool node_read_clock(Node *node, GError **error);

/* One QMP command to a node that stands, on any host: the answer's "return" as JSON, to be freed
 * with g_free(). node_hmp() sends a line to QEMU's human monitor and returns the text of the
 * answer. */
char *node_qmp(Node *node, const char *command, const char *arguments, GError **error);
char *node_hmp(Node *node, const char *text, GError **error);

/* CPU time of a vCPU's thread in host ns; 0 if it is not known. */
HTime node_vcpu_time(const Node *node, unsigned vcpu);

/* The node's virtual time as the ensemble counts: virtual_time - epoch. */
VTime node_ensemble_time(const Node *node);

/* The state to show to users: NODE_FROZEN for a running node whose QEMU does not move. */
NodeState node_shown_state(const Node *node);

/* State of the QEMU process, a letter as in /proc/PID/stat; '?' if the process is not there. */
char node_process_state(const Node *node);
/* Whether that letter says stopped: by a signal (T), or by a debugger (t). */
static inline bool node_process_is_stopped(char state)
{
    return state == 'T' || state == 't';
}

/* Whether the node takes part in quanta. */
static inline bool node_is_live(const Node *node)
{
    return node_state_is_live(node->state);
}

/* Whether the node has left, and its QEMU has ended. */
static inline bool node_is_gone(const Node *node)
{
    return node_state_has_left(node->state) && (node->clock_stale || node->exit_status >= 0);
}

/* Whether the node has left as it should not: its guest panicked, its watchdog ran out, or its exit
 * status is not 0. */
static inline bool node_left_badly(const Node *node)
{
    return node->state == NODE_PANICKED || node->state == NODE_WATCHDOG ||
           (node->state == NODE_OFF && node->exit_status > 0);
}

/* Whether a run, which is to end with guests that leave (stop_on_exit) or not, ends with this node,
 * which has left. */
static inline bool node_exit_ends(const Node *node, bool stop_on_exit)
{
    return (stop_on_exit && node->options->on_exit == ON_EXIT_STOP) ||
           (node->options->on_exit == ON_EXIT_FAIL && node_left_badly(node));
}

/* The same of a node that takes part: whether it may come to that. */
static inline bool node_exit_may_end(const Node *node, bool stop_on_exit)
{
    return (stop_on_exit && node->options->on_exit == ON_EXIT_STOP) ||
           node->options->on_exit == ON_EXIT_FAIL;
}

/* Whether QEMU can be asked: the node takes part, or has left and its QEMU still stands. */
static inline bool node_answers(const Node *node)
{
    return node_is_live(node) || (node_state_has_left(node->state) && !node_is_gone(node));
}

/* Whether the node takes part; with `readable`, whether QEMU can at least be asked. The error names
 * the node's state. For a failed node it is NODE_ERROR_DIED with the failure's text; a QEMU that is
 * gone is NODE_ERROR_DIED as well. */
bool node_check(const Node *node, bool readable, GError **error);

/* Virtual ns of an instruction. */
static inline int64_t node_granule_ns(const Node *node)
{
    return INT64_C(1) << node->icount.shift;
}

/* How far past its place the clock of a node that has stopped there may stand, with nothing executed: an
 * idle one's 1 µs and an instruction. */
static inline int64_t node_slack_ns(const Node *node)
{
    return NS_PER_US + node_granule_ns(node);
}

#endif
