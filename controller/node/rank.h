/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rank.h: pins the threads of a QEMU to one host CPU and lets every other thread outrank its vCPU
 * threads, so that no guest instruction runs while a token or a stop waits to be handled.
 */
#ifndef NODE_RANK_H
#define NODE_RANK_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef enum {
    RANK_STRICT,       /* real-time priority for all but the vCPUs: exact under any load */
    RANK_UNPRIVILEGED, /* vCPUs SCHED_IDLE: rare late tokens, seen and repaired in time */
    RANK_BEST_EFFORT,  /* not even pinned: stops overshoot */
} Rank;

/* "strict", "unprivileged", "best effort". */
const char *rank_name(Rank rank);

/*
 * Finds out by trying, on a thread of its own, what this process may do. The environment variable
 * METRONOME_RANK (strict, unprivileged, best-effort) asks for less than that, never for more.
 */
Rank rank_probe(void);

/* The host CPUs that this process may use, ascending; a GArray of int. */
GArray *rank_host_cpus(void);

/*
 * Pins and ranks all threads of process `pid` as they are now; vcpus is a GArray of pid_t. Threads
 * that QEMU starts later inherit from the thread that starts them.
 */
bool rank_apply(Rank rank, pid_t pid, const GArray *vcpus, int cpu, GError **error);

/* For the thread that drives the nodes of a CPU: pins it, and in strict mode ranks it above QEMU's
 * own threads. Returns false where the system refuses. */
bool rank_apply_self(Rank rank, int cpu);

/* What rank_apply() changed, so that an attached QEMU can be left as it was. */
typedef struct RankMemo RankMemo;
RankMemo *rank_memo_new(pid_t pid);
void rank_memo_restore(const RankMemo *memo);
void rank_memo_free(RankMemo *memo);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RankMemo, rank_memo_free)

#endif
