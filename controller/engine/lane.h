/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lane.h: the thread that drives the nodes of one host CPU, on that CPU.
 *
 * It carries out jobs one after the other: its part of a leg, or any function. While it has a job
 * it owns its nodes. In strict mode it outranks all threads of its QEMUs, so that what it does at a
 * gate, such as queueing a stop and then opening, is one step for them.
 */
#ifndef ENGINE_LANE_H
#define ENGINE_LANE_H

#include "controller/engine/leg.h"

#include <glib.h>

typedef struct Lane Lane;

/* Called in the lane's thread when a job is done. */
typedef void (*LaneDoneFunc)(void *data);

Lane *lane_new(int cpu, Rank rank);

/* Ends the thread; it must have no job. NULL is allowed. */
void lane_free(Lane *lane);

int lane_cpu(const Lane *lane);

/* Starts this lane's part of the leg: those of its slots whose node lives on its CPU; `done` is
 * called with data when it is over. Which nodes failed, went off, and where each stands is then in
 * the nodes. */
void lane_run_leg(Lane *lane, Leg *leg, LaneDoneFunc done, void *data);

/* Runs func(arg) in the lane. */
void lane_run(Lane *lane, void (*func)(void *arg), void *arg, LaneDoneFunc done, void *data);

#endif
