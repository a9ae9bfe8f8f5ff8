/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker.h: the thread that drives the nodes of one host CPU, on that CPU.
 *
 * It carries out jobs one after the other: its part of a segment, or any function. While it has a job
 * it owns its nodes. In strict mode it outranks all threads of its QEMUs, so that what it does at a
 * gate, such as queueing a stop and then opening, is one step for them.
 */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

#include "controller/engine/segment.h"

#include <glib.h>

typedef struct Worker Worker;

/* Called in the worker's thread when a job is done. */
typedef void (*WorkerDoneFunc)(void *data);

Worker *worker_new(int cpu, SchedMode sched);

/* Ends the thread; it must have no job. NULL is allowed. */
void worker_free(Worker *worker);

int worker_cpu(const Worker *worker);

/* Starts this worker's part of the segment: those of its participants whose node lives on its
 * CPU; `done` is called with data when it is over. Which nodes failed, went off, and where each
 * stands is then in the nodes. */
void worker_run_segment(Worker *worker, Segment *segment, WorkerDoneFunc done, void *data);

/* Runs func(arg) in the worker. */
void worker_run(Worker *worker, void (*func)(void *arg), void *arg, WorkerDoneFunc done,
                void *data);

#endif
