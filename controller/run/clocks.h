/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clocks.h: what the guest's agent (guest-init/agent.c) says of its clocks, placed on the axis of
 * virtual time. Pure.
 *
 * A guest has to run to answer, so its values are not those of the instant at which it stands. Each
 * comes with the counter that the guest read right before it, which QEMU makes of the virtual clock
 * alone (CNTVCT_EL0: gt_get_countervalue() in target/arm/helper.c, steps of 16 ns; x86_64 under
 * icount: cpu_get_tsc() in target/i386, steps of 1 ns). So the virtual time of each value is known,
 * to the counter's step and the few instructions between the two readings.
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
    VTime at;      /* the node's own virtual time */
    int64_t value; /* ns; a counter's steps are made ns by its frequency */
    char *why_not; /* there is no value: "forbidden" or "absent"; else NULL */
} ClockSample;

typedef struct {
    unsigned id;       /* of the request that it answers */
    int64_t frequency; /* of the counter, Hz; 0: not told yet */
    int64_t insn_ns;   /* what an instruction takes */
    GString *rest;     /* of a line that is not complete yet */
    GArray *samples;   /* ClockSample */
    bool done;
} ClocksAnswer;

/* What request `id` will be answered; free with clocks_answer_free(). */
ClocksAnswer *clocks_answer_new(unsigned id, int64_t insn_ns);
void clocks_answer_free(ClocksAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClocksAnswer, clocks_answer_free)

/* Takes what has come; lines of other requests are passed over. An error: the guest says that it
 * can't, or what it says makes no sense. */
bool clocks_answer_feed(ClocksAnswer *answer, const char *data, gsize size, GError **error);

/* How a clock runs against virtual time from one of its samples to a later one; false if no virtual
 * time passed between them. */
bool clocks_rate(const ClockSample *before, const ClockSample *after, double *rate);

#endif
