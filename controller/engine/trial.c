/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trial.c: chooses the nodes that try their QEMU, plans the trial and reads its result. */
#include "controller/engine/trial.h"

#include "controller/base/log.h"

#include <inttypes.h>

/* Shortest and longest way to the boundary. On a shorter way half way can't be told from the
 * boundary. On a longer way the time of the first note ever can't be found (dump_time()). */
#define MIN_WAY_US 4
#define MAX_WAY_US (1000 * 1000)

static bool same_qemu(const Node *a, const Node *b)
{
    return g_strcmp0(a->version, b->version) == 0 && g_strcmp0(a->file, b->file) == 0;
}

static bool may_try(const Node *n)
{
    return n->icount.enabled && n->interval == INTERVAL_UNKNOWN;
}

static void learn(Node *n, const Participant *participants, unsigned n_participants)
{
    for (unsigned i = 0; may_try(n) && i < n_participants; i++)
        if (same_qemu(n, participants[i].node))
            n->interval = participants[i].node->interval;
}

void trial_choose(Participant *participants, unsigned n_participants)
{
    for (unsigned i = 0; i < n_participants; i++) {
        Node *n = participants[i].node;

        learn(n, participants, n_participants);
        participants[i].tries = may_try(n);
        for (unsigned j = 0; participants[i].tries && j < i; j++)
            if (participants[j].tries && same_qemu(n, participants[j].node))
                participants[i].tries = false;
    }
}

bool trial_learn(const Segment *segment)
{
    bool more = false;

    for (unsigned i = 0; i < segment->n_participants; i++) {
        learn(segment->participants[i].node, segment->participants, segment->n_participants);
        more = more || may_try(segment->participants[i].node);
    }
    return more;
}

bool trial_plan(const Node *n, GatePlan *plan)
{
    int64_t now_us = vtime_floor_us(n->clock.virtual_time);
    int64_t way_us = plan->first_us - now_us;

    if (way_us < MIN_WAY_US || way_us > MAX_WAY_US || way_us * NS_PER_US < 4 * node_granule_ns(n))
        return false;
    *plan = (GatePlan){
        .first_us = now_us + way_us / 2,
        .quantum_us = way_us,
        .boundaries = 1,
        .stages = 1,
        .tries = true,
        /* An idle node stops 1 µs behind half way or the boundary. */
        .brake = !n->icount.sleep_on,
        .grain_us = n->icount.sleep_on ? 0 : way_us + 1,
    };
    return true;
}

static bool within_granule(const Node *n, int64_t late_us)
{
    return late_us >= 0 && late_us * NS_PER_US < MAX(NS_PER_US, node_granule_ns(n));
}

static void found(Node *n, IntervalKind kind)
{
    n->interval = kind;
    log_info("QEMU %s (%s): setting a filter's interval %s", n->version,
             n->file ? n->file : n->name,
             kind == INTERVAL_HOLDS ? "holds for what follows" : "arms it anew at once");
}

bool trial_check(Node *n, const GatePlan *plan, Note *note, bool *half_way, GError **error)
{
    int64_t half_us = plan->quantum_us / 2, rest_us = plan->quantum_us - half_us;
    int64_t late_us = note->late_us;

    /* An idle node with sleep=on is late by the inaccuracy of the host's timers. A node whose
     * tick was armed anew is not there before the boundary. Behind the boundary either may have
     * happened, and nothing is found. */
    bool late = n->icount.sleep_on && late_us >= 0;

    *half_way = late_us < rest_us;
    if (within_granule(n, late_us) || (late && *half_way)) {
        found(n, INTERVAL_HOLDS);
        return true;
    }
    if (within_granule(n, late_us - rest_us) || late) {
        note->late_us -= rest_us;
        note->kind = note->late_us == 0 ? NOTE_ON_TIME : late ? NOTE_IDLE : NOTE_GRAIN;
        if (within_granule(n, note->late_us))
            found(n, INTERVAL_REARMS);
        return true;
    }
    g_set_error(
        error, NODE_ERROR, NODE_ERROR_LAUNCH,
        "QEMU %s behaves in no known way: a filter-buffer whose interval was set from %" PRId64
        " to %" PRId64 " us fired after %" PRId64 " us, which is neither",
        n->version, half_us, plan->quantum_us, half_us + late_us);
    return false;
}
