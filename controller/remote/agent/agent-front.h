/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent-front.h: the process that was started as the agent. It has no threads, leaves the agent's
 * work to a child and waits for that.
 *
 * Why: in strict mode the session's sshd has real-time priority. Its child may not be a process
 * with threads, because of a busy loop of the kernel: whoever reaps a process removes what /proc
 * has cached of it (fs/proc/base.c, proc_flush_pid()) and spins in shrink_dcache_parent()
 * (fs/dcache.c) as long as a last thread of that process is removing its own entry. If the reaper
 * outranks that thread on its CPU, it spins for ever, and keeps the CPU from all below it. It needs
 * no more than `ps -L` or `htop`, which fill that cache, and an agent that is killed.
 */
#ifndef AGENT_AGENT_FRONT_H
#define AGENT_AGENT_FRONT_H

#include <sys/types.h>

/*
 * Returns in the child, which is to be the agent, with the pid of the process that had started us.
 * The parent ends in here, with the child's exit code (128 + N if signal N killed it), when that is
 * gone and an sshd has its ordinary priority again. If the parent is killed, the child is, too.
 */
pid_t agent_front(void);

#endif
