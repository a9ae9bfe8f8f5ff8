/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * life.h: the states of a node, and how QEMU's events lead from one to another. Pure.
 *
 * A node takes part in quanta while it is paused or running. A node leaves when its guest powers
 * off, panics, is stopped by its watchdog or suspends. The node then stands where it is, readable,
 * and takes part no more. Other events of a guest, such as a reset, are reported and counted.
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
    NODE_WHAT_NOTHING,
    NODE_WHAT_LEFT, /* the state tells how */
    NODE_WHAT_RESET,
    NODE_WHAT_PANICKED,    /* the kernel panicked, and the guest runs on */
    NODE_WHAT_CRASHLOADED, /* the guest runs a crash kernel */
    NODE_WHAT_WATCHDOG,    /* the watchdog's action was another than to stop the guest */
    NODE_WHAT_SUSPEND_DISK,
    NODE_WHAT_POWERDOWN, /* the guest's power button was pressed */
    NODE_WHAT_WAKEUP,    /* a suspended guest woke up */
    NODE_WHAT_FROZEN,
    NODE_WHAT_MOVES, /* a frozen node moves again */
    NODE_WHAT_FAILED,
    NODE_WHATS,
} NodeWhat;

typedef struct {
    NodeState becomes;     /* state in which the guest leaves; NODE_ADDED: the guest has not left */
    bool stands;           /* the guest leaves, and QEMU has stopped it */
    bool stopped;          /* QEMU stopped, and metronome did not ask for it */
    bool ends;             /* somebody outside ordered QEMU to end */
    char why[QMP_WHY_MAX]; /* QEMU's reason or action for the guest's leaving */
    unsigned resets;
    struct {
        unsigned n;
        VTime last; /* virtual time of the last report */
    } told[NODE_WHATS];
} NodeLife;

/* Applies an event to *life, and returns what is to be reported at once. expected: a stop that
 * metronome asked for is on its way. A guest's leaving is reported later, when the node stands. */
NodeWhat node_life_step(NodeLife *life, const QmpRunEvent *event, bool expected);

/*
 * Counts one more event of this kind, and returns whether to report it: a guest may repeat an event
 * in a loop, for ever. True for the first ten events, every tenth up to the hundredth, every
 * hundredth up to the thousandth and so on, and for an event 100 ms of virtual time or more behind
 * the last report. *n: the count so far.
 */
bool node_life_tells(NodeLife *life, NodeWhat what, VTime at, unsigned *n);

/* Whether QEMU itself complained in its stderr, warnings aside. QEMU's messages begin with the
 * program's name (util/error-report.c). A guest may write to stderr too (semihosting). */
bool node_complained(const char *text, const char *program);

/* The state of a node by QEMU's query-status; NODE_PAUSED if the guest can go on. */
NodeState node_state_of_status(const char *status);

/* One report about a node. */
typedef struct {
    NodeWhat what;
    NodeState state;       /* of the node now */
    char why[QMP_WHY_MAX]; /* QEMU's reason or action, or "" */
    VTime time;            /* of the event, in the ensemble's time */
    bool exact;            /* false: `time` is the end of the quantum of the event */
    int exit_status;       /* of QEMU; -1: QEMU did not exit */
    char *detail;          /* text for frozen, moves and failed; else the count, or NULL */
} NodeTelling;

/* What a node that has left did: "powered off", "exited", … */
const char *node_left_text(NodeState state, int exit_status);

/* One word for programs: "off", "reset", …; for a node that left, the name of its state. */
const char *node_what_name(const NodeTelling *telling);

/* "node a: reset by its guest in the quantum up to 1.000000000s"; free with g_free(). */
char *node_telling_text(const char *name, const NodeTelling *telling);

#endif
