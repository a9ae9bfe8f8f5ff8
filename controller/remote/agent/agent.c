/* SPDX-License-Identifier: GPL-3.0-or-later */
/* agent.c: dispatches messages, sends pulses, starts the agent. */
#include "controller/remote/agent/agent.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/base/process.h"
#include "controller/qemu/node-event.h"
#include "controller/qemu/slurm-cpus.h"
#include "controller/remote/agent/agent-private.h"
#include "controller/remote/agent/agent-slurm.h"
#include "controller/remote/agent/agent-supervisor.h"
#include "controller/remote/files.h"
#include "controller/remote/orders.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

AgentNode *agent_node(const Agent *a, unsigned index, GError **error)
{
    for (unsigned i = 0; i < a->nodes->len; i++) {
        AgentNode *n = a->nodes->pdata[i];

        if (n->node->index == index)
            return n;
    }
    g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_PROTOCOL, "there is no node %u", index);
    return NULL;
}

void agent_receive_bytes(const Agent *a, uint8_t type, Reader *r)
{
    BytesOrder o;
    AgentNode *n;

    if (!bytes_order_get(r, &o, NULL))
        agent_die("malformed bytes for a node");
    n = agent_node(a, o.node, NULL);
    if (!n) /* the node has ended meanwhile */
        return;
    if (type == MSG_STUB && n->gdb)
        gdb_relay_send(n->gdb, o.bytes, o.size);
    else if (type == MSG_TYPE && n->node->console &&
             console_type(n->node->console, (const char *)o.bytes, o.size, NULL) != (gssize)o.size)
        log_warn("node %s: its console takes no more of what is typed", n->node->name);
    else if (type == MSG_PORT && n->node->agent_fd >= 0 &&
             write(n->node->agent_fd, o.bytes, o.size) != (ssize_t)o.size)
        log_warn("node %s: the port of the guest's agent takes no more", n->node->name);
}

/* --- the main loop --- */

static void read_hello(Reader *r, const char *version)
{
    uint32_t magic = get_u32(r), protocol = get_u32(r);
    g_autofree char *theirs = get_text(r);

    if (r->bad || magic != PROTOCOL_MAGIC)
        agent_die("what speaks here is no metronome");
    if (protocol == PROTOCOL_VERSION)
        return;
    fprintf(stderr,
            "metronome agent: version %s speaks protocol %d, the controller's %s speaks %u\n",
            version, PROTOCOL_VERSION, theirs, protocol);
    _exit(3);
}

static const char *own_version;

static void dispatch(Agent *a, uint8_t type, Reader *r)
{
    switch (type) {
    case MSG_HELLO:
        read_hello(r, own_version);
        break;
    case MSG_PULSE:
    case MSG_HALT: /* sent before the controller received SEGMENT_OVER */
        break;
    case MSG_GRANT: /* as MSG_HALT; the controller counts its frames as sent */
        agent_receive_grant(a, r);
        break;
    case MSG_CANCEL:
        atomic_store(&a->cancel, true);
        break;
    case MSG_STUB_CLOSE:
        agent_receive_stub(a, r, false, NULL);
        break;
    case MSG_TYPE:
    case MSG_STUB:
    case MSG_PORT:
        agent_receive_bytes(a, type, r);
        break;
    case MSG_SEGMENT:
        agent_segment(a, r);
        break;
    case MSG_CARDS:
        agent_serve_cards(a, r);
        break;
    case MSG_STEP:
        agent_step(a, r);
        break;
    case MSG_LINE:
        agent_take_line(a, r);
        break;
    default:
        agent_answer(a, type, r);
    }
}

/* Dispatches the messages in the inbox. After the message that begins a segment, the workers read
 * the rest. */
static void serve(Agent *a)
{
    uint8_t type;
    Reader r;

    do {
        agent_next(a, &type, &r);
        if (type != 0)
            dispatch(a, type, &r);
    } while (type != 0 && !a->in_segment);
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
    Agent *a = data;

    (void)fd;
    if (a->in_segment) {
        if (condition & (G_IO_HUP | G_IO_ERR))
            agent_die("the controller is gone");
        return G_SOURCE_CONTINUE;
    }
    agent_receive(a, 0);
    serve(a);
    return G_SOURCE_CONTINUE;
}

static gboolean serve_rest(gpointer data)
{
    Agent *a = data;

    if (!a->in_segment)
        serve(a);
    return G_SOURCE_REMOVE;
}

void agent_listen(Agent *a, bool listen)
{
    GIOCondition what = (listen ? G_IO_IN : 0) | G_IO_HUP | G_IO_ERR;

    if (a->source)
        g_source_remove(a->source);
    a->source = g_unix_fd_add(a->in, what, on_readable, a);
    if (listen)
        g_idle_add(serve_rest, a); /* messages that a worker has read and not used */
}

/* CLOCK_REALTIME - CLOCK_MONOTONIC at one moment, in ns. Reads again if the thread lost the CPU
 * between the readings. */
static int64_t clock_offset(void)
{
    struct timespec real;
    HTime before, after;

    do {
        before = htime_now();
        clock_gettime(CLOCK_REALTIME, &real);
        after = htime_now();
    } while (htime_sub(after, before).ns > NS_PER_MS);
    return real.tv_sec * NS_PER_S + real.tv_nsec - after.ns;
}

/* Sends a pulse, without waiting. If another thread holds the lock, that thread is sending, which
 * shows the controller as much as a pulse. If the pipe is full, this thread must not block either:
 * it has to notice a controller that is silent. */
static void pulse(Agent *a, GByteArray *message)
{
    struct pollfd p = {.fd = a->out, .events = POLLOUT};
    gsize begun;

    agent_read_ahead(a);
    if (agent_launcher_ended(a))
        agent_die("the line on which it was started has ended");
    if (htime_now().ns - atomic_load(&a->last_received) > PROTOCOL_SILENT_MS * NS_PER_MS)
        agent_die("the controller is silent");
    if (agent_slurm_overdue())
        agent_die("it was told to end by SIGTERM, and its controller has not ended it since");
    if (!g_mutex_trylock(&a->lock))
        return;
    if (poll(&p, 1, 0) > 0) {
        begun = message_begin(message, MSG_PULSE);
        put_i64(message, clock_offset());
        message_end(message, begun);
        agent_write_locked(a, message);
    }
    g_mutex_unlock(&a->lock);
}

/* This agent was stopped, perhaps with its controller, as by Slurm's `scontrol suspend`: from now on
 * the silence counts. */
static void forgive_silence(Agent *a)
{
    long long now = htime_now().ns;

    if (atomic_load(&a->last_received) < now)
        atomic_store(&a->last_received, now);
}

/* Main function of the pulse thread. Pulses need a thread, since a request may take long: it may
 * read a large disk, for example. */
static void *pulse_main(void *data)
{
    g_autoptr(GByteArray) message = g_byte_array_new();

    for (;;) {
        HTime slept = htime_now();

        g_usleep(PROTOCOL_PULSE_MS * 1000);
        if (htime_sub(htime_now(), slept).ns > PROTOCOL_STOPPED_MS * NS_PER_MS)
            forgive_silence(data);
        pulse(data, message);
    }
    return NULL;
}

static void send_hello(Agent *a, const char *version)
{
    g_autoptr(GArray) cpus = sched_host_cpus();
    gsize begun = message_begin(a->made, MSG_HELLO);

    put_u32(a->made, PROTOCOL_MAGIC);
    put_u32(a->made, PROTOCOL_VERSION);
    put_text(a->made, version);
    put_u32(a->made, local_host_sched_mode(a->host));
    put_u32(a->made, cpus->len);
    for (unsigned i = 0; i < cpus->len; i++)
        put_u32(a->made, (uint32_t)g_array_index(cpus, int, i));
    message_end(a->made, begun);
    agent_send(a, a->made);
}

/* The agent for write_log(). */
static Agent *logging;

/* Sends a line to the controller's log. Any thread; so the main thread's buffer `made` can't be
 * used. */
static void write_log(const char *line)
{
    g_autoptr(GByteArray) message = g_byte_array_new();
    gsize begun = message_begin(message, MSG_LOG);
    g_auto(GStrv) parts = g_strsplit(line, ": ", 3); /* "metronome", level, text */
    LogLevel level = LOG_WARN;
    bool whole = g_strv_length(parts) == 3 && log_level_parse(parts[1], &level, NULL);

    put_u8(message, (uint8_t)level);
    put_text(message, whole ? parts[2] : line);
    message_end(message, begun);
    agent_send(logging, message);
}

/* Moves stdin and stdout to other descriptors: only messages may be written to the controller. */
static bool move_stdio(Agent *a, GError **error)
{
    fd_auto null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct stat out;

    a->by_lines = fstat(STDOUT_FILENO, &out) == 0 && S_ISFIFO(out.st_mode);
    a->in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    a->out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (null < 0 || a->in < 0 || a->out < 0 || dup2(null, STDIN_FILENO) < 0 ||
        dup2(STDERR_FILENO, STDOUT_FILENO) < 0 || !g_unix_set_fd_nonblocking(a->in, TRUE, NULL) ||
        !g_unix_set_fd_nonblocking(a->out, TRUE, NULL)) {
        g_set_error(error, REMOTE_ERROR, REMOTE_ERROR_LOST, "stdin and stdout can't be used: %s",
                    g_strerror(errno));
        return false;
    }
    return true;
}

int agent_run(const char *cpus, const char *version, GError **error)
{
    static Agent agent;
    Agent *a = &agent;
    pid_t starter;

    if (isatty(STDIN_FILENO)) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "agent --stdio is started by another metronome (`host add`), not at a "
                    "terminal");
        return 2;
    }
    if (!agent_slurm_alone(error))
        return 2;
    agent_slurm_defer_end();
    starter = agent_supervise();
    process_ignore_signals(); /* this process is a forked child */
    /* rundir_new() starts the janitor, which must not inherit the descriptors of move_stdio(): so
     * rundir_new() comes first. */
    if (!(cpus ? sched_restrict_cpus(cpus, error) : slurm_cpus_take(error)) ||
        !(a->dir = rundir_new(error)) || !move_stdio(a, error))
        return 2;
    g_mutex_init(&a->lock);
    g_mutex_init(&a->in_lock);
    atomic_init(&a->launcher_in, -1);
    a->launcher_out = -1;
    a->inbox = inbox_new();
    a->aside = g_byte_array_new();
    a->made = g_byte_array_new();
    a->reached = g_byte_array_new();
    a->nodes = g_ptr_array_new_with_free_func(agent_node_free);
    a->fabric = fabric_new_agent();
    a->machines = g_hash_table_new_full(NULL, NULL, NULL, agent_machine_free);
    a->participants = g_array_new(FALSE, TRUE, sizeof(Participant));
    a->members = g_ptr_array_new();
    a->cache = files_cache();
    grant_report_init(&a->report);
    a->host = local_host_new(sched_probe());
    sched_apply_sshd(local_host_sched_mode(a->host), starter);
    a->loop = g_main_loop_new(NULL, FALSE);
    /* The first bytes may take longer than a silence: the controller of a job greets its hosts in
     * turn, and Slurm may prepare one first. */
    atomic_store(&a->last_received, htime_now().ns + agent_slurm_start_ms() * NS_PER_MS);
    own_version = version;
    logging = a;
    log_set_writer(write_log);
    a->watch = node_watch_new(agent_on_failed, a);
    node_on_event(agent_on_node_event, a);
    send_hello(a, version);
    agent_listen(a, true);
    g_thread_unref(g_thread_new("pulse", pulse_main, a));
    g_main_loop_run(a->loop);
    return 0;
}
