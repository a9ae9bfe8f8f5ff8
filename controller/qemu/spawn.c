/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spawn.c: the process of a launched QEMU and the descriptors that it inherits.
 *
 * QMP and the cables of the NICs are socket pairs, and the console's pipes are made here. QEMU's
 * end closes them all, and nothing of them lies in the file system but two names of the pipes.
 */
#include "controller/qemu/spawn.h"

#include "controller/base/fd.h"
#include "controller/base/slurm-env.h"
#include "controller/qemu/initrd.h"
#include "controller/qemu/mark.h"
#include "controller/qemu/preflight.h"
#include "controller/qemu/qemu-argv.h"
#include "controller/qemu/semi.h"
#include "controller/qemu/serial.h"
#include "controller/qemu/uart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONSOLE "console" /* in the node's directory: console.in, console.out */

/* File descriptors as QEMU sees them. */
enum {
    CHILD_QMP_FD = 3,
    CHILD_CONSOLE_FD,
    CHILD_DEVICES_FD,
    CHILD_SAVED_FD = SPAWN_SAVED_FD,
    CHILD_INPUT_FD,
    CHILD_NIC_FD
};

typedef struct {
    pid_t parent;
    int signal; /* that QEMU gets when the controller dies */
    int nice;
    /* To SIGTERM: Slurm sends it to all processes of a job that is to end. The controller has got it
     * too, and may still save the machines. QEMU handles the signal, and does not unblock it
     * (os_setup_signal_handling() in os-posix.c). */
    bool deaf;
} Child;

/* Runs in the child, between fork and exec. */
static void child_setup(void *data)
{
    const Child *child = data;

    prctl(PR_SET_PDEATHSIG, child->signal);
    if (getppid() != child->parent)
        _exit(127);
    setpriority(PRIO_PROCESS, 0, child->nice);
    setsid(); /* Ctrl-C is for the controller; and the whole group can be killed */
    if (child->deaf) {
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigprocmask(SIG_BLOCK, &set, NULL);
    }
}

static bool multiboots(const char *arch)
{
    return strcmp(arch, "x86_64") == 0 || strcmp(arch, "i386") == 0;
}

/* QEMU puts a multiboot kernel into memory from malloc(), and what lies between the kernel's
 * segments, bytes of QEMU's heap, reaches the guest's RAM (QEMU's hw/i386/multiboot.c). glibc fills
 * what malloc() returns with the inverse of this byte: zeros in every run. What realloc() adds, from
 * the kernel's end to the end of its page, is not filled. */
static char **zero_gaps(const Node *n, char **all)
{
    if (!n->options->kernel || !multiboots(n->options->arch))
        return all;
    return g_environ_setenv(all, "MALLOC_PERTURB_", "255", TRUE);
}

/* The environment with the mark, which finds processes that have left the process group, too. */
static char **marked_environment(const Node *n, const char *overlays)
{
    char **all =
        zero_gaps(n, g_environ_setenv(g_get_environ(), MARK_VARIABLE, n->process_dir, TRUE));

    if (n->options->persist)
        all = g_environ_setenv(all, MARK_PERSIST, "on", TRUE);
    return overlays ? g_environ_setenv(all, "TMPDIR", overlays, TRUE) : all;
}

/* The descriptors that QEMU inherits: CHILD_QMP_FD and those behind it. */
typedef struct {
    int fd[CHILD_NIC_FD - CHILD_QMP_FD + NODE_MAX_NICS + NODE_MAX_UARTS * UART_FDS +
           3]; /* semihosting, agent port and RAM come last */
    unsigned n;
} Inheritance;

/* --- numbers of the descriptors, in the child --- */

static int uart_fd(const Node *n)
{
    return CHILD_NIC_FD + (int)n->options->nics;
}

static int semi_fd(const Node *n)
{
    return uart_fd(n) + (int)n->options->uarts * UART_FDS;
}

static int agent_fd(const Node *n)
{
    return semi_fd(n) + (n->options->semihosting == SEMIHOSTING_OFF ? 0 : 1);
}

/* Where the guest's semihosting writes; -1: it has none. */
static int semi_of(const Node *n, const Inheritance *given)
{
    return n->options->semihosting != SEMIHOSTING_OFF ? given->fd[semi_fd(n) - CHILD_QMP_FD] : -1;
}

/* Starts argv with these as its descriptors; what it writes to stdout and stderr is n->output. QEMU
 * itself writes nothing to stdout, but a guest does, by a handle of semihosting (semi.h). */
static bool spawn(Node *n, char **argv, const Inheritance *given, const char *overlays,
                  GError **error)
{
    int target[G_N_ELEMENTS(given->fd)];
    fd_auto out = -1;
    fd_auto in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    g_auto(GStrv) environment = marked_environment(n, overlays);
    int semi = semi_of(n, given);
    Child child = {.parent = getpid(),
                   .signal = n->options->persist ? SIGTERM : SIGKILL,
                   .deaf = !n->options->persist && slurm_job(),
                   .nice = sched_nice(n->ahead)};
    GError *e = NULL;

    n->output = child_output_new(&out, &e);
    if (!n->output) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "node %s: %s", n->name, e->message);
        g_error_free(e);
        return false;
    }
    for (unsigned i = 0; i < given->n; i++)
        target[i] = CHILD_QMP_FD + (int)i;
    if (!g_spawn_async_with_pipes_and_fds(
            NULL, (const char *const *)argv, (const char *const *)environment,
            G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, child_setup, &child, in,
            semi < 0 ? out : semi, out, given->fd, target, given->n, &n->pid, NULL, NULL, NULL,
            &e)) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_LAUNCH,
                    "node %s: can't start '%s': %s; install it, or name another with --qemu",
                    n->name, argv[0], e->message);
        g_error_free(e);
        n->pid = -1;
        return false;
    }
    n->pidfd = pidfd_open(n->pid, 0);
    return true;
}

static bool begin_transcript(Node *n, GError **error)
{
    if (!n->transcript || console_transcript(n->console, n->transcript, error))
        return true;
    g_prefix_error(error, "node %s: ", n->name);
    return false;
}

static bool no_more(const Node *n, const char *what, GError **error)
{
    g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "node %s: no more %s: %s", n->name, what,
                g_strerror(errno));
    return false;
}

static bool make_pipe(const Node *n, int ends[2], GError **error)
{
    return pipe2(ends, O_CLOEXEC) == 0 || no_more(n, "pipes", error);
}

static bool make_pair(const Node *n, int type, int pair[2], GError **error)
{
    return socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) == 0 || no_more(n, "sockets", error);
}

/*
 * Makes the cables: pairs of connected sockets. Only between connected sockets the kernel does not
 * limit the frames under way to net.unix.max_dgram_qlen, 10 frames. The guest's frames are refused
 * there (EPIPE) rather than kept: a full socket would stop the guest's NIC at a time that depends
 * on the host.
 */
static bool make_cables(Node *n, Inheritance *given, GError **error)
{
    for (unsigned i = 0; i < n->options->nics; i++) {
        int pair[2];

        if (!make_pair(n, SOCK_DGRAM | SOCK_NONBLOCK, pair, error))
            return false;
        shutdown(pair[0], SHUT_RD);
        g_array_append_val(n->cables, pair[0]);
        given->fd[given->n++] = pair[1];
    }
    return true;
}

/* Makes the socket pair of the guest agent. Its descriptor is behind those of the cables. */
static bool make_agent_port(Node *n, Inheritance *given, GError **error)
{
    int pair[2];

    if (!n->options->agent)
        return true;
    if (!make_pair(n, SOCK_STREAM | SOCK_NONBLOCK, pair, error))
        return false;
    n->agent_fd = pair[0];
    given->fd[given->n++] = pair[1];
    return true;
}

/* Makes a name for a pipe of the console, since QEMU opens these pipes by name. */
static bool name_pipe(const Node *n, const char *name, int fd, GError **error)
{
    g_autofree char *path = g_build_filename(n->process_dir, name, NULL);
    g_autofree char *target = g_strdup_printf("/dev/fd/%d", fd);

    unlink(path); /* of a former process of this node */
    if (symlink(target, path) == 0)
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "node %s: can't make '%s': %s", n->name, path,
                g_strerror(errno));
    return false;
}

/*
 * Makes the console from pipes, since a guest's console writes byte by byte. A unix socket keeps
 * each byte in a buffer of its own and is full after 277; a pipe joins the bytes to pages and holds
 * 64 KiB. With serial= only QEMU's log of the port comes here.
 */
static bool make_console(Node *n, Inheritance *given, GError **error)
{
    g_autofree char *log = g_build_filename(n->dir, "console.log", NULL);
    int output[2];

    if (!make_pipe(n, output, error))
        return false;
    given->fd[given->n++] = output[1];
    if (n->ahead)
        n->ahead->output = output[0];
    else if (n->console)
        console_reconnect(n->console, output[0], -1); /* make_input() follows */
    else if ((n->console = console_new(output[0], log, error)))
        console_set_node(n->console, n->name);
    return (n->ahead || n->console) && (n->options->serial || n->options->uarts > 0 ||
                                        (name_pipe(n, CONSOLE ".out", CHILD_CONSOLE_FD, error) &&
                                         name_pipe(n, CONSOLE ".in", CHILD_INPUT_FD, error)));
}

static bool make_input(const Node *n, Inheritance *given, GError **error)
{
    int input[2];

    if (!make_pipe(n, input, error))
        return false;
    given->fd[given->n++] = input[0];
    if (n->options->serial || n->options->uarts > 0)
        close(input[1]); /* input comes from what connects to serial=, or through uart.c's socket */
    else if (n->ahead)
        n->ahead->input = input[1];
    else
        console_set_input(n->console, input[1]);
    return true;
}

/* The file in memory for the machine's state, and the pipe that says when it is complete. Its name
 * is short: QEMU reads QMP byte by byte. */
static bool make_devices(Node *n, Inheritance *given, GError **error)
{
    int saved[2];

    n->devices_fd = memfd_create("devices", MFD_CLOEXEC);
    n->devices_path = g_strdup_printf("/dev/fd/%d", CHILD_DEVICES_FD);
    given->fd[given->n++] = n->devices_fd;
    if (!make_pipe(n, saved, error))
        return false;
    n->saved_fd = saved[0];
    given->fd[given->n++] = saved[1];
    return true;
}

static bool make_uarts(Node *n, Inheritance *given, GError **error)
{
    for (unsigned i = 0; i < n->options->uarts; i++) {
        bool ok = uart_make(n, i, uart_fd(n) + (int)i * UART_FDS, given->fd + given->n, error);

        given->n += UART_FDS;
        if (!ok)
            return false;
    }
    return true;
}

static bool make_semi(Node *n, Inheritance *given, GError **error)
{
    return n->options->semihosting == SEMIHOSTING_OFF ||
           (given->fd[given->n] = -1, semi_make(n, &given->fd[given->n++], error));
}

static bool make_wiring(Node *n, Inheritance *given, GError **error)
{
    int qmp[2];

    if (!make_pair(n, SOCK_STREAM, qmp, error))
        return false;
    given->fd[given->n++] = qmp[1];
    n->qmp = qmp_client_new(qmp[0]);
    if (!make_console(n, given, error) || !make_devices(n, given, error) ||
        !make_input(n, given, error) || !make_cables(n, given, error) ||
        !make_uarts(n, given, error) || !make_semi(n, given, error) ||
        !make_agent_port(n, given, error))
        return false;
    if (n->ram_fd >= 0)
        given->fd[given->n++] = n->ram_fd;
    return true;
}

/* Number, in the child, of the descriptor of the guest's RAM. */
static int ram_number(const Node *n)
{
    return n->ram_fd < 0 ? 0 : agent_fd(n) + (n->options->agent ? 1 : 0);
}

static char *initrd_path(const Node *n)
{
    return g_build_filename(n->process_dir, "initrd", NULL);
}

/* With files= a file of the node's own takes the place of initrd=. */
static bool make_initrd(const Node *n, char **path, GError **error)
{
    if (!n->options->files)
        return true;
    *path = initrd_path(n);
    return initrd_write(n->options, *path, error);
}

void spawn_forget_initrd(const Node *n)
{
    g_autofree char *path = n->options->files ? initrd_path(n) : NULL;

    if (path)
        unlink(path);
}

bool spawn_qemu(Node *n, const char *qemu, const char *overlays, bool incoming, GError **error)
{
    g_autofree char *console = g_build_filename(n->process_dir, CONSOLE, NULL), *initrd = NULL;
    Inheritance given = {.n = 0};
    g_auto(GStrv) argv = NULL;
    bool goes_on = n->console || n->ahead, started;

    /* Another program may have taken the place since the node was added. */
    if (n->options->serial && !serial_check(n->options->serial, error)) {
        g_prefix_error(error, "node %s: ", n->name);
        return false;
    }
    if (!make_initrd(n, &initrd, error))
        return false;
    argv = node_options_argv(n->options,
                             &(NodeWiring){.qemu = qemu,
                                           .qmp_fd = CHILD_QMP_FD,
                                           .console_fd = CHILD_CONSOLE_FD,
                                           .console_path = console,
                                           .nic_fd = CHILD_NIC_FD,
                                           .uart_fd = uart_fd(n),
                                           .semi_fd = semi_fd(n),
                                           .agent_fd = agent_fd(n),
                                           .ram_fd = ram_number(n),
                                           .incoming = incoming,
                                           .initrd = initrd,
                                           .gdb_path = n->gdb_path,
                                           .index = n->index},
                             error);
    if (!argv)
        return false;
    preflight_report(n->name, argv, LINT_OWN);
    n->program = g_path_get_basename(argv[0]);
    started = make_wiring(n, &given, error) && (goes_on || begin_transcript(n, error)) &&
              spawn(n, argv, &given, overlays, error);
    for (unsigned i = 0; i < given.n; i++)
        if (given.fd[i] >= 0 && given.fd[i] != n->devices_fd && given.fd[i] != n->ram_fd)
            close(given.fd[i]);
    return started;
}
