/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run.c: resumes, steps and interrupts the target, and waits for stops.
 *
 * Invariant: at most one resume is outstanding. QEMU treats any byte that comes while the VM runs
 * as "stop", so steps can't be sent ahead.
 */
#include "gdbstub-client/client-private.h"

static bool resume(GdbClient *client, const char *actions, GdbDeadline deadline, GError **error)
{
    if (!g_str_has_prefix(actions, "vCont;")) {
        g_set_error(error, GDB_ERROR, GDB_ERROR_ARGUMENT,
                    "gdbstub: '%s' does not start with vCont;", actions);
        return false;
    }
    if (client->no_vcont) {
        g_set_error(error, GDB_ERROR, GDB_ERROR_UNSUPPORTED, "gdbstub: the stub has no vCont");
        return false;
    }
    return gdb_transport_resume(client, actions, deadline, error);
}

bool gdb_resume(GdbClient *client, const char *actions, int timeout_ms, GError **error)
{
    return resume(client, actions, gdb_deadline(timeout_ms), error);
}

/* Returns "vCont;s" or "vCont;s:p1.1"; the caller frees the text. */
static char *action_text(char action, const GdbThread *thread)
{
    if (!thread) {
        return g_strdup_printf("vCont;%c", action);
    }
    g_autofree char *id = gdb_thread_format(thread);
    return g_strdup_printf("vCont;%c:%s", action, id);
}

bool gdb_step_send(GdbClient *client, const GdbThread *thread, int timeout_ms, GError **error)
{
    g_autofree char *actions = action_text('s', thread);

    return gdb_resume(client, actions, timeout_ms, error);
}

bool gdb_continue_send(GdbClient *client, const GdbThread *thread, int timeout_ms, GError **error)
{
    g_autofree char *actions = action_text('c', thread);

    return gdb_resume(client, actions, timeout_ms, error);
}

static bool wait_stop(GdbClient *client, GdbDeadline deadline, GdbStop *out, GError **error)
{
    if (client->expect == EXPECT_NOTHING && !client->stop_ready && !client->reply_ready) {
        client->expect = EXPECT_ANY_STOP;
    }
    bool good = gdb_transport_wait(client, deadline, error);
    if (client->expect == EXPECT_ANY_STOP) {
        client->expect = EXPECT_NOTHING;
    }
    if (!good) {
        return false;
    }
    if (client->reply_ready) {
        client->reply_ready = false;
        if (gdb_reply_check(client->reply->str, "vCont", error)) {
            gdb_reply_unexpected(error, "vCont", client->reply->str);
        }
        return false;
    }
    client->stop_ready = false;
    if (out) {
        *out = client->stop;
    }
    return true;
}

bool gdb_stop_wait(GdbClient *client, GdbStop *out, int timeout_ms, GError **error)
{
    return wait_stop(client, gdb_deadline(timeout_ms), out, error);
}

bool gdb_step_wait(GdbClient *client, GdbStop *out, int timeout_ms, GError **error)
{
    return gdb_stop_wait(client, out, timeout_ms, error);
}

bool gdb_step(GdbClient *client, const GdbThread *thread, int timeout_ms, GdbStop *out,
              GError **error)
{
    GdbDeadline deadline = gdb_deadline(timeout_ms);
    g_autofree char *actions = action_text('s', thread);

    return resume(client, actions, deadline, error) && wait_stop(client, deadline, out, error);
}

bool gdb_step_many(GdbClient *client, const GdbThread *thread, uint64_t count, int timeout_ms,
                   GdbStepFunc func, void *data, GdbStop *last, uint64_t *done, GError **error)
{
    g_autofree char *actions = action_text('s', thread);
    uint64_t trapped = 0;
    bool good = gdb_drain(client, error);
    bool more = true;

    while (good && more && trapped < count) {
        GdbDeadline deadline = gdb_deadline(timeout_ms);
        GdbStop stop;

        good =
            resume(client, actions, deadline, error) && wait_stop(client, deadline, &stop, error);
        if (!good) {
            break;
        }
        bool trap = stop.kind == GDB_STOP_SIGNAL && stop.code == GDB_SIGNAL_TRAP;
        trapped += trap;
        more = trap && stop.watch == GDB_WATCH_NONE;
        if (last) {
            *last = stop;
        }
        if (func && !func(&stop, trapped, data)) {
            more = false;
        }
    }
    if (done) {
        *done = trapped;
    }
    return good;
}

bool gdb_interrupt(GdbClient *client, int timeout_ms, GError **error)
{
    return gdb_drain(client, error) &&
           gdb_transport_raw(client, "\003", gdb_deadline(timeout_ms), error);
}
