/* SPDX-License-Identifier: GPL-3.0-or-later */
/* results.h: the figures of bench, and their two forms: a table for people, JSON for programs. */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include "tests/bench/lib/rig.h"

#include <stdio.h>

/* The figures of counting guests for one number of nodes and one quantum; medians over the
 * pairs. */
typedef struct {
    unsigned nodes;
    VTime quantum;
    unsigned pairs;
    uint64_t barriers;
    double efficiency, efficiency_min, efficiency_max; /* guest MIPS: lockstep / free */
    double barrier_us;                                 /* host µs from barrier to barrier */
    double overhead_us; /* host µs above the guests' own time in a free run */
    double mips, free_mips;
    double start_stop_ms; /* host ms of arming and stopping, once per run */
    Exactness exactness;
} CountingResult;

/* The figures of a Linux boot to its banner. */
typedef struct {
    unsigned nodes, pairs;
    bool sleep_on;
    double ratio, ratio_min, ratio_max; /* host seconds: lockstep / free */
    double lockstep_s, free_s;          /* medians */
    Exactness exactness;
} BootResult;

/* The figures of other ways to control one node: QMP stop and cont by the host's clock, single
 * steps. */
typedef struct {
    unsigned cycles;
    double cycle_us;                            /* above the time for which the guest was to run */
    int64_t insns_min, insns_median, insns_max; /* executed in a "1 ms" turn */
    double cycle_ratio;                         /* cycle_us / overhead_us of a 10 us quantum */
    double steps_per_s, step_ratio; /* instructions a second: 10 us quanta / single steps */
} OthersResult;

typedef struct {
    unsigned nodes;
    int64_t peak_kb;    /* VmHWM */
    double idle_cpu_ms; /* CPU ms used in one idle second */
} FootprintResult;

typedef struct {
    const char *mode;
    unsigned host_cpus;
    char *qemu;
    GArray *counting, *boots; /* CountingResult, BootResult */
    bool has_others;
    OthersResult others;
    FootprintResult footprint;
    uint64_t inexact; /* sum of missed boundaries and overshot stops */
} Results;

void results_print_table(const Results *results, FILE *out);
void results_print_json(const Results *results, FILE *out);

#endif
