/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sched-memo.h: what sched_apply() changes in a process, so that an attached QEMU can be left as it
 * was, also by another process than the one that has changed it.
 */
#ifndef QEMU_SCHED_MEMO_H
#define QEMU_SCHED_MEMO_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct SchedMemo SchedMemo;

/* Policy, priority and CPUs of all threads of a process, as they are now. */
SchedMemo *sched_memo_new(pid_t pid);
void sched_memo_free(SchedMemo *memo);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SchedMemo, sched_memo_free)

/* Whether the process is there, and no other one has its number. */
bool sched_memo_lives(const SchedMemo *memo);

/* Gives all threads back what they had; those that are newer get what the main thread had. False if
 * the system refuses some of it. Nothing is done to another process or thread with the same number. */
bool sched_memo_restore(const SchedMemo *memo);

/* Into a file and out of it; NULL: it has none. */
void sched_memo_save(const SchedMemo *memo, GKeyFile *file);
SchedMemo *sched_memo_load(GKeyFile *file);

#endif
