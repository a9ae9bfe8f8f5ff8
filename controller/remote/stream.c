/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream.c: a command of the local host as a stream, over a pair of sockets. */
#include "controller/remote/stream.h"
#include "controller/base/child-output.h"
#include "controller/base/fd.h"
#include "controller/remote/message.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_STDERR 2000
#define END_MS     2000  /* wait for the end of a command that has closed its output */
#define FULL_MS    10000 /* a command that reads nothing for so long counts as stuck */

typedef struct {
    Stream stream; /* the first member */
    pid_t pid;
    int fd;              /* stdin and stdout of the command */
    ChildOutput *output; /* stderr of the command */
} CommandStream;

/* Gives the command a process group of its own: Ctrl-C at the terminal reaches the controller only,
 * and the whole group can be killed. The kernel kills the command with the controller, since a
 * command that reads nothing would not notice the controller's end. */
static void child_setup(void *data)
{
    (void)data;
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* How the command ended; free with g_free(). Does not reap the command: while it is a zombie, its
 * process number stays the number of its group, in which other processes may be left. */
static char *how_it_ended(const CommandStream *c)
{
    fd_auto pidfd = pidfd_open(c->pid, 0);
    struct pollfd p = {.fd = pidfd, .events = POLLIN};
    siginfo_t end = {0};

    if (pidfd >= 0)
        poll(&p, 1, END_MS);
    if (waitid(P_PID, (id_t)c->pid, &end, WEXITED | WNOHANG | WNOWAIT) != 0 || end.si_pid == 0)
        return g_strdup("the command closed its output, but has not ended");
    if (end.si_code == CLD_EXITED)
        return g_strdup_printf("the command ended, exit status %d", end.si_status);
    return g_strdup_printf("the command was killed by signal %d (%s)", end.si_status,
                           strsignal(end.si_status));
}

static void set_end_error(const CommandStream *c, GError **error)
{
    g_autofree char *how = how_it_ended(c), *output = child_output_end(c->output, MAX_STDERR);

    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "%s%s%s", how, *output ? "; it said: " : "",
                output);
}

static gssize command_read(Stream *stream, void *data, gsize size, GError **error)
{
    CommandStream *c = (CommandStream *)stream;
    ssize_t n = recv(c->fd, data, size, MSG_DONTWAIT);

    if (n > 0)
        return n;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    set_end_error(c, error);
    return -1;
}

static bool command_write(Stream *stream, const void *data, gsize size, GError **error)
{
    const CommandStream *c = (const CommandStream *)stream;
    struct pollfd p = {.fd = c->fd, .events = POLLOUT};
    const char *at = data;

    while (size > 0) {
        ssize_t n = send(c->fd, at, size, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && (errno == EINTR || (errno == EAGAIN && poll(&p, 1, FULL_MS) != 0)))
            continue;
        if (n < 0) {
            g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "%s",
                        errno == EAGAIN ? "it has read nothing for 10 s" : g_strerror(errno));
            return false;
        }
        at += n;
        size -= (gsize)n;
    }
    return true;
}

static int command_fd(const Stream *stream)
{
    return ((const CommandStream *)stream)->fd;
}

static void command_free(Stream *stream)
{
    CommandStream *c = (CommandStream *)stream;

    fd_clear(&c->fd);
    kill(-c->pid, SIGKILL);
    waitpid(c->pid, NULL, 0);
    child_output_free(c->output);
    g_free(c);
}

static const StreamOps command_ops = {command_read, command_write, command_fd, command_free};

Stream *stream_new_command(const char *command, GError **error)
{
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    g_autoptr(GError) e = NULL;
    CommandStream *c;
    int pair[2];
    fd_auto stderr_fd = -1;
    ChildOutput *output;
    pid_t pid;
    bool ok;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "no more sockets: %s",
                    g_strerror(errno));
        return NULL;
    }
    output = child_output_new(&stderr_fd, &e);
    if (!output)
        g_set_error_literal(error, REMOTE_ERROR, REMOTE_ERROR_LOST, e->message);
    ok = output &&
         g_spawn_async_with_pipes_and_fds(
             NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_CLOEXEC_PIPES, child_setup, NULL,
             pair[1], pair[1], stderr_fd, NULL, NULL, 0, &pid, NULL, NULL, NULL, error);
    close(pair[1]);
    if (!ok) {
        close(pair[0]);
        child_output_free(output);
        return NULL;
    }
    c = g_new0(CommandStream, 1);
    *c = (CommandStream){{&command_ops}, pid, pair[0], output};
    return &c->stream;
}
