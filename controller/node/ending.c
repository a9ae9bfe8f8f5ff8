/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ending.c: what a node tells on its way, and how it ends; see node.h. */
#include "controller/base/fd.h"
#include "controller/base/proc.h"
#include "controller/base/text.h"
#include "controller/node/node.h"
#include "controller/node/spawn.h"
#include "controller/node/sweep.h"
#include "gdbstub-client/gdbstub.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define STDERR_TAIL 2000

/* --- what it tells --- */

static NodeTellFunc tell_func;
static void *tell_data;

void node_on_tell(NodeTellFunc func, void *data)
{
    tell_func = func;
    tell_data = data;
}

void node_relay(const Node *n, const NodeTelling *telling)
{
    if (tell_func)
        tell_func(n, telling, tell_data);
}

/* When the event that is being handed out happened, on this host's clock. */
static HTime event_time(const Node *n)
{
    int64_t us = n->qmp ? qmp_client_event_us(n->qmp) : -1;
    HTime now = htime_now();

    return us < 0 ? now : (HTime){now.ns - (g_get_real_time() - us) * NS_PER_US};
}

void node_tell(Node *n, NodeWhat what, const char *why, const char *detail)
{
    NodeTelling t = {.what = what, .state = node_shown_state(n), .exit_status = n->exit_status};
    g_autofree char *repeated = NULL;

    if (!tell_func)
        return;
    g_strlcpy(t.why, why ? why : "", sizeof(t.why));
    t.detail = (char *)detail;
    t.exact = what == NODE_WHAT_LEFT ? !n->clock_stale : !n->quanta;
    t.time = !t.exact && n->quanta
                 ? quanta_find(n->quanta, detail || n->clock_stale ? htime_now() : event_time(n))
                 : node_ensemble_time(n);
    if (what != NODE_WHAT_LEFT && !detail) {
        unsigned times;

        if (!node_life_tells(&n->life, what, t.time, &times))
            return;
        if (times >= 10) {
            repeated = g_strdup_printf("%u times so far", times);
            t.detail = repeated;
        }
    }
    node_relay(n, &t);
}

NodeState node_shown_state(const Node *n)
{
    return n->frozen && n->state == NODE_RUNNING ? NODE_FROZEN : n->state;
}

static void on_event(QmpClient *client, const char *event, const char *data, void *opaque)
{
    Node *n = opaque;
    QmpRunEvent e;
    NodeWhat what;

    qmp_run_event_parse(event, data, &e);
    what = node_life_step(&n->life, &e, n->expect_stop);
    if (what != NODE_WHAT_NOTHING)
        node_tell(n, what, e.why, NULL);
    /* Nobody drives it any more: it is not to run on by itself. */
    if (what == NODE_WHAT_WAKEUP && node_state_has_left(n->state))
        qmp_client_post(client, "stop", NULL, NULL);
}

void node_watch_events(Node *n)
{
    for (unsigned i = 0; qmp_run_event_name(i); i++)
        qmp_client_on_event(n->qmp, qmp_run_event_name(i), on_event, n);
}

/* --- how it ends --- */

typedef struct {
    bool ended, exited; /* exited: not killed by a signal */
    int number;         /* exit status, or signal */
} End;

/* Waits until a launched QEMU has ended, or the time is up. */
static End reap(Node *n, int timeout_ms)
{
    struct pollfd p = {.fd = n->pidfd, .events = POLLIN};
    siginfo_t end = {0};
    int status = 0;

    if (n->attached || n->pid <= 0)
        return (End){false};
    if (n->pidfd >= 0 && poll(&p, 1, timeout_ms) != 1)
        return (End){false};
    if (waitid(P_PID, (id_t)n->pid, &end, WEXITED | WNOWAIT | (n->pidfd >= 0 ? 0 : WNOHANG)) != 0 ||
        end.si_pid != n->pid)
        return (End){false};
    spawn_kill(n); /* what is left of its group, whose number it has until it is waited for */
    waitpid(n->pid, &status, 0);
    fd_clear(&n->pidfd);
    n->pid = -1;
    return WIFSIGNALED(status) ? (End){true, false, WTERMSIG(status)}
                               : (End){true, true, WEXITSTATUS(status)};
}

char node_process_state(const Node *n)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)n->pid), *text = NULL;

    if (n->pid <= 0 || !g_file_get_contents(path, &text, NULL, NULL))
        return '?';
    return proc_state(text);
}

static void append_end(GString *text, const Node *n, End end, const GError *why)
{
    char state = node_process_state(n);

    if (end.ended && end.exited)
        g_string_append_printf(text, "QEMU ended, exit status %d", end.number);
    else if (end.ended)
        g_string_append_printf(text, "QEMU ended, killed by signal %d (%s)", end.number,
                               strsignal(end.number));
    else
        g_string_append(text, why->message);
    if (!end.ended && (state == 'T' || state == 't'))
        g_string_append_printf(text, " (state %c, stopped by a %s)", state,
                               state == 'T' ? "signal" : "debugger");
}

static void fail(Node *n, End end, const GError *why)
{
    g_autofree char *said = n->said ? said_end(n->said, STDERR_TAIL) : NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(text, "node %s: ", n->name);
    append_end(text, n, end, why);
    if (said && *said)
        g_string_append_printf(text, "; it said: %s", said);
    if (said && strstr(said, "'dgram'"))
        g_string_append(text, "; netdev dgram came with QEMU 7.2: this one is older");
    n->failure = g_error_new_literal(NODE_ERROR, NODE_ERROR_DIED, text->str);
    n->state = NODE_FAILED;
    node_tell(n, NODE_WHAT_FAILED, NULL, n->failure->message);
    spawn_kill(n); /* whatever is left of it must not run on */
    if (end.ended)
        sweep_processes(n->dir);
}

/* A broken connection is QEMU's end in nearly every case: wait for it to be complete. Not so one that
 * has never answered. */
static End wait_end(Node *n, const GError *why)
{
    const GError *qmp = n->qmp ? qmp_client_broken(n->qmp) : NULL;
    bool broken = (qmp && !g_error_matches(qmp, QMP_ERROR, QMP_ERROR_TIMEOUT)) ||
                  g_error_matches(why, GDB_ERROR, GDB_ERROR_DISCONNECTED);

    return reap(n, broken ? 2000 : 0);
}

void node_fail(Node *n, const GError *why)
{
    if (n->state != NODE_FAILED)
        fail(n, wait_end(n, why), why);
}

static void become(Node *n, NodeState state)
{
    n->state = state;
    n->frozen = false;
    node_tell(n, NODE_WHAT_LEFT, n->life.why, NULL);
}

bool node_lose(Node *n, const GError *why, bool ran, VTime at)
{
    g_autofree char *said = NULL;
    bool told = n->life.becomes != NODE_ADDED;
    End end;

    if (n->state == NODE_FAILED)
        return false;
    end = wait_end(n, why);
    said = n->said ? said_text(n->said) : NULL;
    if (told ? !n->qmp || !qmp_client_broken(n->qmp)
             : !ran || !end.exited || n->life.ends ||
                   (said && node_complained(said, n->program ? n->program : ""))) {
        fail(n, end, why);
        return false;
    }
    if (end.exited)
        n->exit_status = end.number;
    if (end.ended)
        sweep_processes(n->dir);
    n->clock_stale = true;
    n->clock.virtual_time.ns = MAX(n->clock.virtual_time.ns, vtime_add(at, n->epoch).ns);
    become(n, told ? n->life.becomes : NODE_OFF);
    return true;
}

bool node_take_end(Node *n)
{
    g_autoptr(GError) error = NULL;

    if (!n->life.stands || !node_is_live(n))
        return false;
    if (node_read_clock(n, &error))
        become(n, n->life.becomes);
    else
        node_lose(n, error, true, node_ensemble_time(n));
    return true;
}

bool node_ask_end(Node *n, GError **error)
{
    g_autofree char *status = NULL;
    NodeState state;
    bool running;

    if (!qmp_query_status(n->qmp, &running, &status, NODE_REPLY_MS, error))
        return false;
    state = node_state_of_status(status);
    if (node_state_has_left(state)) {
        n->life.becomes = state;
        n->life.stands = true;
        return node_take_end(n);
    }
    if (state == NODE_FAILED)
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE, "QEMU stopped the guest: %s", status);
    else
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "stopped from outside in the middle of a quantum (event STOP)");
    return false;
}

bool node_check(const Node *n, bool readable, GError **error)
{
    const char *state = node_state_name(n->state);

    if (readable ? node_answers(n) : node_is_live(n))
        return true;
    if (n->state == NODE_FAILED)
        g_set_error_literal(error, NODE_ERROR, NODE_ERROR_DIED, n->failure->message);
    else if (n->state == NODE_ADDED)
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s is not started: `start` comes first", n->name);
    else if (n->clock_stale)
        g_set_error(error, NODE_ERROR, NODE_ERROR_DIED,
                    "node %s is %s, and its QEMU is gone: nothing of it can be read any more",
                    n->name, state);
    else
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE, "node %s is %s: it takes part no more",
                    n->name, state);
    return false;
}

/* A QEMU that stands at its gate can't answer, and nothing of it is worth keeping. */
void node_end_process(Node *n)
{
    if (reap(n, 0).ended)
        sweep_processes(n->dir); /* it ended by itself, perhaps to leave another one behind */
    spawn_kill(n);
    reap(n, 10000);
}
