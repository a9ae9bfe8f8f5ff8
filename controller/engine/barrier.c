/* SPDX-License-Identifier: GPL-3.0-or-later */
/* barrier.c: one function from (state, event) to (state, action). */
#include "controller/engine/barrier.h"

#include <glib.h>

void barrier_begin(Barrier *b, unsigned members, uint64_t last)
{
    g_assert(members > 0 && last > 0);
    *b = (Barrier){
        .phase = BARRIER_COLLECTING,
        .last = last,
        .members = members,
        .missing = members,
    };
}

bool barrier_completes(const Barrier *b, BarrierEvent event)
{
    return event != BARRIER_EV_STOP && b->phase == BARRIER_COLLECTING && b->missing == 1;
}

/* All remaining members stand at barrier k. */
static BarrierAction complete(Barrier *b)
{
    if (b->stop || b->k == b->last || b->members == 0) {
        b->phase = BARRIER_HALTED;
        return BARRIER_HALT;
    }
    b->k++;
    b->missing = b->members;
    return BARRIER_GRANT;
}

BarrierAction barrier_step(Barrier *b, BarrierEvent event)
{
    switch (event) {
    case BARRIER_EV_STOP:
        b->stop = true;
        return BARRIER_WAIT;
    case BARRIER_EV_FAILED:
        b->stop = true;
        break;
    case BARRIER_EV_LEFT:
        b->members--;
        break;
    case BARRIER_EV_ARRIVED:
        break;
    }
    if (b->phase != BARRIER_COLLECTING)
        return BARRIER_WAIT;
    b->missing--;
    return b->missing == 0 ? complete(b) : BARRIER_WAIT;
}
