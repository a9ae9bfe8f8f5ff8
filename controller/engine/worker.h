/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker.h: a worker is the thread that drives the nodes of one host CPU, on that CPU.
 *
 * A worker carries out jobs one after the other: its part of a segment, or any function. While it
 * has a job, it owns its nodes. In strict mode a worker outranks all threads of its QEMUs, so two
 * actions of the worker at a gate, such as queueing a stop and then opening, are one step for QEMU.
 */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

#include "controller/engine/segment.h"

#include <glib.h>

typedef struct Worker Worker;

/* Called in the worker's thread when a job is done. */
typedef void (*WorkerDoneFunc)(void *data);

/* Starts the thread on this host CPU. Free with worker_free(). */
Worker *worker_new(int cpu, SchedMode sched);

/* Ends the thread, which must have no job. Accepts NULL. */
void worker_free(Worker *worker);

int worker_cpu(const Worker *worker);

/* Starts this worker's part of the segment: the participants whose node lives on the worker's
 * CPU. Calls `done` with `data` when that part is over. Each node's state then shows whether it
 * failed or went off, and where it stands. */
void worker_run_segment(Worker *worker, Segment *segment, WorkerDoneFunc done, void *data);

/* Runs func(arg) in the worker, then calls `done`. */
void worker_run(Worker *worker, void (*func)(void *arg), void *arg, WorkerDoneFunc done,
                void *data);

#endif
