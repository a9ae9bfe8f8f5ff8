/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rig.h: the common part of bench and soak: an engine with its nodes, runs in lockstep, and free
 * runs of the same nodes for comparison.
 *
 * A failure ends the program with a message and exit status 1, because an incomplete measurement
 * has no value.
 */
#ifndef BENCH_RIG_H
#define BENCH_RIG_H

#include "controller/engine/engine.h"

#define RIG_EXIT_INEXACT 4

typedef struct {
    RunDir *dir;
    LocalHost *host;
    Engine *engine;
    GMainLoop *loop;
    char *guest; /* folder with kernel and payloads */
    unsigned next_index;
    RunEnd end; /* how the last run ended */
} Rig;

/* Sums over runs of what the engine promises to be 0 (missed, overshot, overshoot_ns), with further
 * figures. */
typedef struct {
    uint64_t missed, overshot, repairs;
    int64_t overshoot_ns, idle_skip_ns; /* the largest */
} Exactness;

/* The steady part of a run: from its first barrier to its last. */
typedef struct {
    uint64_t quanta;
    HTime first, last;
    double total_s; /* seconds of the whole run, with arming and stopping */
} Steady;

/* guest: folder with kernel and payloads; NULL: $BUILD/guest or build/guest. Forks (rundir.h), so
 * call rig_new() before any thread exists. Free with rig_free(). */
Rig *rig_new(const char *guest);
void rig_free(Rig *rig);

_Noreturn void rig_die(GError *error);
bool rig_is_strict(const Rig *rig);

/* Launches a node without adding it to the engine. File names are relative to the rig's guest
 * folder. End the node with rig_end_node(). */
Node *rig_launch(Rig *rig, const char *kernel, const char *initrd, const char *append,
                 const char *icount, const char *memory);
/* The same, of a board of arch=arm. */
Node *rig_launch_board(Rig *rig, const char *machine, const char *kernel, const char *icount);
void rig_end_node(Rig *rig, Node *node);

/* Run in lockstep, up to an absolute time, or for `quanta` whole quanta from the next boundary
 * on. */
void rig_run_to(Rig *rig, VTime goal);
Steady rig_run_quanta(Rig *rig, uint64_t quanta);
void rig_add_exactness(const Rig *rig, Node *const *nodes, unsigned n, Exactness *sum);

/* Removes the nodes from the engine, and the gates from the nodes. */
void rig_take_out(Rig *rig, Node *const *nodes, unsigned n);

/* Removes the nodes and adds them again, at the times where they stand now. The nodes are aligned
 * afterwards, and their statistics are lost. */
void rig_realign(Rig *rig, Node *const *nodes, unsigned n);

/* All nodes run freely, on the CPUs and with the priorities that they have in lockstep. */
void rig_set_free(const Rig *rig, Node *const *nodes, unsigned n);
void rig_halt(const Rig *rig, Node *const *nodes, unsigned n);

/* Runs all nodes freely for `length`, and returns the instructions per µs of all nodes together. */
double rig_free_mips(const Rig *rig, Node *const *nodes, unsigned n, HTime length);

void rig_sleep(HTime length);

#endif
