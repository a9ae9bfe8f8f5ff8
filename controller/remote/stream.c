/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream.c: a command of the local host as a stream, over a pair of sockets. */
#include "controller/remote/stream.h"
#include "controller/base/child-output.h"
#include "controller/base/fd.h"
#include "controller/base/vtime.h"
#include "controller/remote/message.h"
#include "controller/remote/stream-socket.h"

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
#define END_MS     2000 /* wait for the end of a command that has closed its output */

/* How long a command has to end once its input is closed, and again behind SIGTERM. A launcher such
 * as srun waits for its agent, ends its job, and tells its scheduler. */
#define CLOSE_MS 6000
#define TERM_MS  6000
/* The same for a command that never said anything: it has no agent that would notice. */
#define SILENT_MS 200

typedef struct {
    Stream stream; /* the first member */
    pid_t pid;
    int fd;              /* stdin and stdout of the command */
    ChildOutput *output; /* stderr of the command */
    bool heard;          /* it said something */
} CommandStream;

/* Gives the command a process group of its own: Ctrl-C at the terminal reaches the controller only,
 * and the whole group can be signalled. The kernel signals the command if the controller is killed,
 * since a command that reads nothing would not notice the controller's end. SIGTERM: a launcher
 * ends what it has started elsewhere. */
static void child_setup(void *data)
{
    (void)data;
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGTERM);
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

    c->heard = c->heard || n > 0;
    if (n > 0)
        return n;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    set_end_error(c, error);
    return -1;
}

static bool command_write(Stream *stream, const void *data, gsize size, GError **error)
{
    return stream_socket_write(((const CommandStream *)stream)->fd, data, size, error);
}

static gssize command_try_write(Stream *stream, const void *data, gsize size)
{
    return stream_socket_try_write(((const CommandStream *)stream)->fd, data, size);
}

static int command_fd(const Stream *stream)
{
    return ((const CommandStream *)stream)->fd;
}

/* --- the end of a command --- */

static GMutex ending_lock;
static GCond ended;
static unsigned ending; /* commands that a thread sees to; under ending_lock */

/* True if the command has ended, or ends within this time. Drops what it still says: a command that
 * waits for a reader does not end. */
static bool ends_within(const CommandStream *c, int64_t ms)
{
    HTime from = htime_now();
    fd_auto pidfd = pidfd_open(c->pid, 0);
    struct pollfd p[] = {{.fd = pidfd, .events = POLLIN}, {.fd = c->fd, .events = POLLIN}};
    char bytes[4096];

    for (int64_t left = ms; pidfd >= 0 && left >= 0;
         left = ms - htime_sub(htime_now(), from).ns / NS_PER_MS) {
        if (poll(p, G_N_ELEMENTS(p), (int)left) > 0 && p[0].revents)
            return true;
        if (p[1].revents && recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT) <= 0)
            p[1].fd = -1;
    }
    return false;
}

/* No more input, SIGTERM, SIGKILL. The leader of the group is reaped last: until then no other
 * process can have its number. */
static void *end_command(void *stream)
{
    CommandStream *c = stream;

    if (!ends_within(c, c->heard ? CLOSE_MS : SILENT_MS)) {
        kill(-c->pid, SIGTERM);
        kill(-c->pid, SIGCONT); /* one that was stopped handles no SIGTERM */
        ends_within(c, TERM_MS);
    }
    kill(-c->pid, SIGKILL);
    waitpid(c->pid, NULL, 0);
    fd_clear(&c->fd);
    child_output_free(c->output);
    g_free(c);
    g_mutex_lock(&ending_lock);
    ending--;
    g_cond_broadcast(&ended);
    g_mutex_unlock(&ending_lock);
    return NULL;
}

static void command_free(Stream *stream)
{
    CommandStream *c = (CommandStream *)stream;

    shutdown(c->fd, SHUT_WR);
    g_mutex_lock(&ending_lock);
    ending++;
    g_mutex_unlock(&ending_lock);
    g_thread_unref(g_thread_new("command-end", end_command, c));
}

void stream_end_commands(void)
{
    g_mutex_lock(&ending_lock);
    while (ending > 0)
        g_cond_wait(&ended, &ending_lock);
    g_mutex_unlock(&ending_lock);
}

static const StreamOps command_ops = {command_read, command_write, command_try_write, command_fd,
                                      command_free};

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
    *c = (CommandStream){.stream = {&command_ops}, .pid = pid, .fd = pair[0], .output = output};
    return &c->stream;
}
