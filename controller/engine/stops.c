/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stops.c: chooses between stub and QMP for each resume and stop, and falls back to QMP if the
 * stub fails.
 */
#include "controller/engine/stops.h"

#include "controller/base/log.h"
#include "controller/qemu/debug.h"

/* Whether the stub knows that the node runs: the stub learns of a resume only if the resume went
 * over the stub. */
static bool runs_by_stub(const Node *n)
{
    return n->by_stub && gdb_client_running(debug_client(n));
}

bool stops_resume(Node *n, GError **error)
{
    return n->by_stub || debug_armed(n) ? debug_resume(n, error)
                                        : qmp_client_post(n->qmp, "cont", NULL, error);
}

/* Stops over QMP instead. A QEMU that ends closes the stub first, and its gate has to stay open
 * until QEMU has ended. Takes over `why`. */
static bool ask_over_qmp(Node *n, GError *why, GError **error)
{
    if (why)
        log_debug("node %s: its stop goes over QMP: %s", n->name, why->message);
    n->by_stub = n->by_stub && !why;
    n->stop_by_stub = false;
    g_clear_error(&why);
    return qmp_client_post(n->qmp, "stop", NULL, error);
}

bool stops_ask(Node *n, bool over_qmp, GError **error)
{
    GError *why = NULL;

    n->stop_by_stub = !over_qmp && runs_by_stub(n);
    if (!n->stop_by_stub || !gdb_interrupt(debug_client(n), NODE_REPLY_MS, &why))
        return ask_over_qmp(n, why, error);
    n->stops_due++;
    return true;
}

int stops_fd(const Node *n)
{
    return n->stop_by_stub ? gdb_client_fd(debug_client(n)) : qmp_client_fd(n->qmp);
}

/* Reads the events that report what else may have stopped the node. */
static bool read_events(Node *n, GError **error)
{
    return qmp_client_post(n->qmp, "query-status", NULL, error) &&
           qmp_client_settle(n->qmp, NODE_REPLY_MS, error);
}

static bool look_at_stub(Node *n, bool *stands, GError **error)
{
    GError *e = NULL;
    GdbStop stop;

    if (gdb_stop_wait(debug_client(n), &stop, 0, &e)) {
        *stands = true;
        return (stop.kind == GDB_STOP_SIGNAL && stop.code == GDB_SIGNAL_INT) ||
               read_events(n, error);
    }
    if (!g_error_matches(e, GDB_ERROR, GDB_ERROR_TIMEOUT))
        return ask_over_qmp(n, e, error);
    g_error_free(e);
    return true;
}

bool stops_look(Node *n, bool *stands, GError **error)
{
    *stands = false;
    if (n->stop_by_stub)
        return look_at_stub(n, stands, error);
    if (!qmp_client_pump(n->qmp, 0, error))
        return false;
    *stands = qmp_client_pending(n->qmp) == 0;
    return !*stands || qmp_client_settle(n->qmp, NODE_REPLY_MS, error);
}

bool stops_overdue(const Node *n, GError **error)
{
    if (!n->stop_by_stub && !qmp_client_settle(n->qmp, 0, error))
        return false;
    g_set_error(error, NODE_ERROR, NODE_ERROR_DIED,
                "QEMU does not stop when its gdbstub is told to");
    return false;
}
