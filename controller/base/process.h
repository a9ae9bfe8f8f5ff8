/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * process.h: prepares each program of metronome's before anything else runs.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * process_prepare() must be the first call in main(). The function opens closed standard
 * descriptors to /dev/null, so that nothing else gets their numbers. The function also prevents
 * that a write ends this process by a signal: a write without a reader fails with EPIPE, a write
 * above the limit of a file's size with EFBIG. Forked children begin with the default actions;
 * children that continue as this program call process_ignore_signals().
 */
void process_prepare(void);

void process_ignore_signals(void);

/* Calls func from the main loop when the signal comes, until it returns G_SOURCE_REMOVE. Returns the
 * source's id; 0: whoever started this process has it ignore the signal (nohup), and so it stays. */
unsigned process_on_signal(int number, GSourceFunc func, void *data);

/* Returns the start time of thread tid of process pid, in ticks since the host's start; -1 if there
 * is no such thread. The number and the start time together identify a thread, because numbers are
 * reused. */
int64_t process_start_time(pid_t pid, pid_t tid);

#endif
