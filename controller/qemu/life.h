/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * life.h: the states of a node, and how QEMU's events lead from one to another. Pure.
 *
 * A node takes part in quanta while it is paused or running. It leaves when its guest powers off,
 * panics, is stopped by its watchdog or suspends: then it stands where it is, readable, and takes
 * part no more. What a guest does on its way, such as a reset, is reported and counted.
 */
#ifndef QEMU_LIFE_H
#define QEMU_LIFE_H

#include "controller/base/vtime.h"
#include "qmp/qmp.h"

typedef enum {
    NODE_ADDED,     /* known, not started */
    NODE_PAUSED,    /* stands at a virtual time */
    NODE_RUNNING,   /* on its way to the next boundary */
    NODE_OFF,       /* the guest powered off, or made QEMU exit */
    NODE_PANICKED,  /* the guest reported a kernel panic (pvpanic) */
    NODE_WATCHDOG,  /* the guest's watchdog ran out, and its action is pause */
    NODE_SUSPENDED, /* the guest sleeps (ACPI S3) */
    NODE_FAILED,    /* QEMU died or broke; Node.failure has the reason */
    NODE_FROZEN,    /* shown for a running node: QEMU does not move in host time */
} NodeState;

/* "added", …; the array holds all names, ended by NULL. */
const char *node_state_name(NodeState state);
extern const char *const node_state_names[];

/* Whether a node in this state takes part in quanta. */
static inline bool node_state_is_live(NodeState state)
{
    return state == NODE_PAUSED || state == NODE_RUNNING;
}

/* Whether the node has left because of its guest. */
static inline bool node_state_has_left(NodeState state)
{
    return state >= NODE_OFF && state <= NODE_SUSPENDED;
}

typedef enum {
    NODE_EVENT_NOTHING,
    NODE_EVENT_LEFT, /* the state says how */
    NODE_EVENT_RESET,
    NODE_EVENT_PANICKED,    /* and runs on */
    NODE_EVENT_CRASHLOADED, /* the guest runs a crash kernel */
    NODE_EVENT_WATCHDOG,    /* the watchdog did something else than to stop the guest */
    NODE_EVENT_SUSPEND_DISK,
    NODE_EVENT_POWERDOWN, /* its power button was pressed */
    NODE_EVENT_WAKEUP,    /* a suspended one */
    NODE_EVENT_FROZEN,
    NODE_EVENT_MOVES, /* a frozen one */
    NODE_EVENT_FAILED,
    NODE_EVENT_KINDS,
} NodeEventKind;

typedef struct {
    NodeState becomes;     /* state in which the guest leaves; NODE_ADDED: the guest has not left */
    bool stands;           /* the guest leaves, and QEMU has stopped it */
    bool stopped;          /* QEMU stopped, and metronome did not ask for it */
    bool ends;             /* somebody outside ordered QEMU to end */
    char why[QMP_WHY_MAX]; /* QEMU's reason or action for the guest's leaving */
    unsigned resets;
    struct {
        unsigned n;
        VTime last; /* when it was reported */
    } reported[NODE_EVENT_KINDS];
} NodeLife;

/* What to report of an event at once. expected: a stop of ours is on its way. That a guest
 * leaves is reported once it stands. */
NodeEventKind node_life_step(NodeLife *life, const QmpRunEvent *event, bool expected);

/*
 * Whether to report that a guest has done this once more: a guest may do it in a loop, for
 * ever. True of the first ten times, of every tenth up to the hundredth, of every hundredth up to
 * the thousandth and so on, and of whatever comes 100 ms of virtual time or more behind what was
 * reported last. *n: how many times it was by now.
 */
bool node_life_reports(NodeLife *life, NodeEventKind what, VTime at, unsigned *n);

/* Whether QEMU itself complained in its stderr, warnings aside. QEMU's messages begin with the
 * program's name (util/error-report.c). A guest may write to stderr too (semihosting). */
bool node_complained(const char *text, const char *program);

/* The state of a node by QEMU's query-status; NODE_PAUSED if the guest can go on. */
NodeState node_state_of_status(const char *status);

/* One thing that a node did, to be reported. */
typedef struct {
    NodeEventKind what;
    NodeState state;       /* of the node now */
    char why[QMP_WHY_MAX]; /* QEMU's reason or action, or "" */
    VTime time;            /* the ensemble's: when, … */
    bool exact;            /* … or, if not exact, the end of the quantum in which */
    int exit_status;       /* of QEMU; -1: it did not exit */
    char *detail;          /* of what is frozen or failed; how often it was; NULL: none */
} NodeEvent;

/* What a node that has left did: "powered off", "exited", … */
const char *node_left_text(NodeState state, int exit_status);

/* One word for programs: "off", "reset", …; the state's for one that left. */
const char *node_event_name(const NodeEvent *event);

/* "node a: reset by its guest in the quantum up to 1.000000000s"; free with g_free(). */
char *node_event_text(const char *name, const NodeEvent *event);

#endif
