/* SPDX-License-Identifier: GPL-3.0-or-later */
/* process.h: what a program of metronome's sees to before anything else. */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Call it first in main(): standard descriptors that are closed lead to /dev/null, so that nothing
 * else takes their numbers; and no write ends this process by a signal: where nobody reads it gives
 * EPIPE, above the limit of a file's size EFBIG. Forked children begin with the default actions;
 * those that go on as this program call process_ignore_signals().
 */
void process_prepare(void);

void process_ignore_signals(void);

/* When thread tid of process pid began, in ticks since the host did; -1: there is none. With its
 * number it is known for certain, since numbers are given again. */
int64_t process_start_time(pid_t pid, pid_t tid);

#endif
