/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent-supervisor.h: the process that was started as the agent. This process has no threads. It
 * leaves the agent's work to a child and waits for the child's end.
 *
 * Reason: in strict mode the sshd of the connection has real-time priority. A child of sshd must
 * not be a process with threads, because of a busy loop in the kernel: a process that reaps a child
 * removes the child's entries from the cache of /proc (fs/proc/base.c, proc_flush_pid()) and spins
 * in shrink_dcache_parent() (fs/dcache.c) while the child's last thread removes its own entry. If
 * the reaping process outranks that thread on its CPU, it spins for ever and keeps the CPU from all
 * threads of lower priority. `ps -L` or `htop`, which fill the cache, and a killed agent are enough
 * for that.
 */
#ifndef AGENT_AGENT_SUPERVISOR_H
#define AGENT_AGENT_SUPERVISOR_H

#include <sys/types.h>

/*
 * Forks. Returns in the child, which becomes the agent, the pid of the process that had started the
 * parent. The parent does not return: when the child has ended, the parent gives an sshd its
 * ordinary priority again and exits with the child's exit code (128 + N if signal N killed the
 * child). If the parent is killed, the child is killed, too.
 */
pid_t agent_supervise(void);

#endif
