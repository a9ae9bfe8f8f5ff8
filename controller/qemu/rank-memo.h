/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rank-memo.h: what rank_apply() changes in a process, so that an attached QEMU can be left as it
 * was, also by another process than the one that has changed it.
 */
#ifndef QEMU_RANK_MEMO_H
#define QEMU_RANK_MEMO_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct RankMemo RankMemo;

/* Policy, priority and CPUs of all threads of a process, as they are now. */
RankMemo *rank_memo_new(pid_t pid);
void rank_memo_free(RankMemo *memo);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RankMemo, rank_memo_free)

/* Whether the process is there, and no other one has its number. */
bool rank_memo_lives(const RankMemo *memo);

/* Gives all threads back what they had; those that are newer get what the main thread had. False if
 * the system refuses some of it. Nothing is done to another process or thread with the same number. */
bool rank_memo_restore(const RankMemo *memo);

/* Into a file and out of it; NULL: it has none. */
void rank_memo_save(const RankMemo *memo, GKeyFile *file);
RankMemo *rank_memo_load(GKeyFile *file);

#endif
