/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sched-memo.h: remembers the scheduling of a process's threads before sched_apply() changes it, so
 * that an attached QEMU can be restored, also by another process than the one that made the change.
 */
#ifndef QEMU_SCHED_MEMO_H
#define QEMU_SCHED_MEMO_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct SchedMemo SchedMemo;

/* Remembers policy, priority and CPUs of all threads that the process has now. */
SchedMemo *sched_memo_new(pid_t pid);
void sched_memo_free(SchedMemo *memo);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SchedMemo, sched_memo_free)

/* Whether the process lives. A process that got the same number later does not count. */
bool sched_memo_lives(const SchedMemo *memo);

/* Restores all remembered threads; newer threads get the scheduling of the main thread. False if
 * the system refuses some of it. Other processes or threads with the same number are not
 * changed. */
bool sched_memo_restore(const SchedMemo *memo);

/* Saves into a key file and loads from it; NULL: the file holds no memo. */
void sched_memo_save(const SchedMemo *memo, GKeyFile *file);
SchedMemo *sched_memo_load(GKeyFile *file);

#endif
