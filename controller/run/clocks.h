/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clocks.h: parses the guest agent's (guest-init/agent.c) readings of the guest's clocks and gives
 * each reading its virtual time. Pure.
 *
 * A guest has to run to answer, so its readings do not belong to the instant at which the guest
 * stands. The guest agent sends each reading with the counter that it read right before. QEMU
 * computes this counter from the virtual clock alone (CNTVCT_EL0: gt_get_countervalue() in
 * target/arm/helper.c, steps of 16 ns; x86_64 under icount: cpu_get_tsc() in target/i386, steps of
 * 1 ns). So the virtual time of each reading is known, except for the counter's step and the few
 * instructions between the two readings.
 */
#ifndef RUN_CLOCKS_H
#define RUN_CLOCKS_H

#include "controller/base/vtime.h"

#include <glib.h>
#include <stdbool.h>

#define CLOCKS_ERROR (clocks_error_quark())
GQuark clocks_error_quark(void);

typedef struct {
    char *name;
    int cpu;
    VTime at;      /* the node's own virtual time of the reading */
    int64_t value; /* ns; the steps of a counter are converted by its frequency */
    char *why_not; /* the clock can't be read: "forbidden" or "absent"; else NULL */
} ClockSample;

/* Frees the texts of a ClockSample: the clear function of an array of them. */
void clock_sample_clear(void *data);

typedef struct {
    unsigned id;       /* of the request */
    int64_t frequency; /* of the counter, Hz; 0: not received yet */
    int64_t insn_ns;   /* virtual ns of one instruction */
    GString *rest;     /* beginning of a line that is not complete yet */
    GArray *samples;   /* ClockSample */
    bool done;         /* the answer is complete */
} ClocksAnswer;

/* An empty answer to request `id`; free with clocks_answer_free(). insn_ns: virtual ns of one
 * instruction. */
ClocksAnswer *clocks_answer_new(unsigned id, int64_t insn_ns);
void clocks_answer_free(ClocksAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClocksAnswer, clocks_answer_free)

/* Adds received bytes to the answer; lines for other requests are skipped. False, with an error:
 * the guest agent reports that it can't answer, or a line is malformed. */
bool clocks_answer_feed(ClocksAnswer *answer, const char *data, gsize size, GError **error);

/* The rate of a clock against virtual time from one of its samples to a later one. False if no
 * virtual time passed between the samples, or if one has no value. */
bool clocks_rate(const ClockSample *before, const ClockSample *after, double *rate);

#endif
