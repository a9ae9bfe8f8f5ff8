/* SPDX-License-Identifier: GPL-3.0-or-later */
/* agent-supervisor.c: forks the agent, waits for it without threads, and hands on its exit code. */
#include "controller/remote/agent/agent-supervisor.h"

#include "controller/qemu/sched.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Replaces stdin, stdout and stderr by /dev/null: the other ends must see the agent's end, not the
 * end of this process. */
static void let_go_of_stdio(void)
{
    int nothing = open("/dev/null", O_RDWR);

    for (int fd = 0; nothing >= 0 && fd <= STDERR_FILENO; fd++)
        dup2(nothing, fd);
    if (nothing > STDERR_FILENO)
        close(nothing);
}

static _Noreturn void supervise(pid_t agent, pid_t starter)
{
    int status = 0;

    let_go_of_stdio();
    prctl(PR_SET_NAME, "metronome-front");
    while (waitpid(agent, &status, 0) < 0 && errno == EINTR)
        ;
    if (getppid() == starter)
        sched_release_sshd(starter);
    _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

pid_t agent_supervise(void)
{
    pid_t starter = getppid(), supervisor = getpid(), agent = fork();

    if (agent < 0) {
        perror("metronome agent: fork");
        _exit(2);
    }
    if (agent > 0)
        supervise(agent, starter);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor)
        _exit(2);
    return starter;
}
