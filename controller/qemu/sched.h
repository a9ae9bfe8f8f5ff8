/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sched.h: scheduling of QEMU's threads. Pins the threads of a QEMU to one host CPU and gives every
 * other thread a higher priority than the vCPU threads, so that no guest instruction runs while a
 * token or a stop waits to be handled.
 */
#ifndef QEMU_SCHED_H
#define QEMU_SCHED_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef enum {
    SCHED_MODE_STRICT,       /* real-time priority, the vCPUs lowest: exact under any load */
    SCHED_MODE_UNPRIVILEGED, /* vCPUs SCHED_IDLE: rare late tokens, noticed and repaired in time */
    SCHED_MODE_BEST_EFFORT,  /* not even pinned: stops overshoot */
} SchedMode;

/* "strict", "unprivileged", "best effort". */
const char *sched_mode_name(SchedMode sched);

/*
 * Returns the strictest mode that this process may use, found by trying on a thread of its own. The
 * environment variable METRONOME_RANK (strict, unprivileged, best-effort) asks for a less strict
 * mode, never for a stricter one.
 */
SchedMode sched_probe(void);

/* Whether the text is a list of CPUs, such as "0-3,6". The CPUs need not be this host's. */
bool sched_check_cpus(const char *list, GError **error);

/* Restricts this process to the host CPUs of a list. */
bool sched_restrict_cpus(const char *list, GError **error);

/*
 * For the calling thread, which carries messages between hosts, on no CPU in particular. In strict
 * mode the thread gets a worker's real-time priority, above all other threads, since all nodes wait
 * for the messages. An ordinary thread would have to wait for the other threads of the CPU and, on
 * kernels with lazy preemption (Linux 6.13), for the next tick even where only an idle thread runs.
 */
void sched_apply_messenger(SchedMode sched);

/*
 * The same for process `pid`, on the CPUs of this process, if it is the ssh server's that serves
 * the session that we were started in; and its ordinary priority again, which it must have before it
 * reaps a process with threads (agent-supervisor.h). Its children have an ordinary priority.
 */
void sched_apply_sshd(SchedMode sched, pid_t pid);
void sched_release_sshd(pid_t pid);

/* The host CPUs that this process may use, ascending: a GArray of int, to be freed with
 * g_array_unref(). */
GArray *sched_host_cpus(void);

/*
 * Pins all threads that process `pid` has now and sets their priorities; vcpus is a GArray of
 * pid_t. Threads that QEMU starts later inherit from the thread that starts them. In strict mode
 * the vCPUs are boosted afterwards.
 */
bool sched_apply(SchedMode sched, pid_t pid, const GArray *vcpus, int cpu, GError **error);

/* A number that changes with the number of the process's threads; 0 if it is not known. */
uint64_t sched_thread_mark(pid_t pid);

/*
 * Boosted vCPU threads are real-time threads of the lowest priority; other vCPU threads share the
 * CPU fairly with the rest of the host. Strict mode only.
 *
 * Why: a kernel that finds ordinary threads short of 5 % of a CPU lets them run before real-time
 * threads for up to 50 ms (the fair server of Linux 6.12 and later), or stops all real-time threads
 * for as long (sched_rt_runtime_us before that). An unboosted vCPU that was short only because its
 * guest is idle would then outrun its own QEMU. A vCPU that uses more than 5 % is never affected.
 */
void sched_boost_vcpus(const GArray *vcpus, bool boost);

/* CPU time of a thread in host ns, from /proc/PID/task/TID/schedstat; -1 if it can't be known. */
int64_t sched_thread_runtime_ns(pid_t pid, pid_t tid);

/* QEMU's thread for QMP sockets, or 0 if the thread has no name (-name debug-threads=on gives it
 * one). */
pid_t sched_find_monitor(pid_t pid);

/*
 * QEMU wakes that thread at every timer of the virtual clock (qemu_clock_notify()), for nothing, at
 * a quarter of a barrier's cost. Demoted, its priority is below all others, and it is not run while
 * a guest is; it must be promoted before QMP is spoken. Only strict mode can take that back.
 */
void sched_demote_monitor(pid_t tid, bool demote);

/*
 * raise: gives QEMU's main thread its real-time priority. !raise: gives it an ordinary priority
 * while the node stands. A QEMU that is stopped with sleep=on can hold its warp timer a few ns
 * ahead on a clock that stands still, and polls for that timer without end. With real-time priority
 * the polling thread would keep all other threads, the controller's too, from its CPU. Strict mode
 * only.
 */
void sched_raise_main(pid_t pid, bool raise);

/*
 * For a QEMU whose main thread spins, waiting for what a vCPU below it on the same CPU has begun (its
 * sequence lock of the clock, a spin lock): lowers its priority below that vCPU for a ms. Strict
 * mode only.
 */
void sched_let_vcpus_run(pid_t pid);

/*
 * The nice value for a QEMU that waits to be used (`waits`), and for any other: it starts in the time
 * that others leave. Where a process can't get its priority back both are the same. sched_favor()
 * gives it back to all threads of such a QEMU.
 */
int sched_nice(bool waits);
void sched_favor(pid_t pid);

/* For the thread that drives the nodes of a CPU: pins it, and in strict mode gives it a priority
 * above QEMU's own threads. Returns false where the system refuses. */
bool sched_apply_self(SchedMode sched, int cpu);

/* Calls func for each thread of a process until func returns false with errno set. A thread that
 * ends meanwhile (ESRCH) is no error. */
bool sched_each_thread(pid_t pid, bool (*func)(pid_t tid, void *data), void *data, GError **error);

#endif
