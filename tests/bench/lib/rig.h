/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rig.h: what bench and soak share: an engine with its nodes, runs in lockstep, and the same nodes
 * running freely for comparison.
 *
 * A run that fails ends the program with a message: half a measurement is none.
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
    RunEnd end; /* of the last run */
} Rig;

/* What the engine promises to be 0, and what goes with it; summed over runs. */
typedef struct {
    uint64_t missed, overshot, repairs;
    int64_t overshoot_ns, idle_skip_ns; /* the largest */
} Exactness;

/* The steady part of a run: from its first barrier to its last. */
typedef struct {
    uint64_t quanta;
    HTime first, last;
    double total_s; /* the whole run, with arming and stopping */
} Steady;

/* guest NULL: $BUILD/guest or build/guest. Forks (rundir.h): before any thread exists. */
Rig *rig_new(const char *guest);
void rig_free(Rig *rig);

_Noreturn void rig_die(GError *error);
bool rig_is_strict(const Rig *rig);

/* A launched node, not in the engine; file names are in the rig's guest folder. */
Node *rig_launch(Rig *rig, const char *kernel, const char *initrd, const char *append,
                 const char *icount, const char *memory);
void rig_end_node(Rig *rig, Node *node);

/* Lockstep: `quanta` whole ones from the next boundary on, or up to an absolute time. */
void rig_run_to(Rig *rig, VTime goal);
Steady rig_run_quanta(Rig *rig, uint64_t quanta);
void rig_add_exactness(const Rig *rig, Node *const *nodes, unsigned n, Exactness *sum);

/* Takes the nodes out of the engine, and their gates out of them. */
void rig_take_out(Rig *rig, Node *const *nodes, unsigned n);

/* … and in again, wherever each of them stands now: they are
 * aligned afterwards, their statistics gone. */
void rig_realign(Rig *rig, Node *const *nodes, unsigned n);

/* All nodes run freely, on the CPUs and with the priorities that they have in lockstep. */
void rig_set_free(const Rig *rig, Node *const *nodes, unsigned n);
void rig_halt(const Rig *rig, Node *const *nodes, unsigned n);

/* … for that long; returns the instructions per µs of all together. */
double rig_free_mips(const Rig *rig, Node *const *nodes, unsigned n, HTime length);

void rig_sleep(HTime length);

#endif
