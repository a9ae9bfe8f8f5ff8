/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * debug-threads.c: looks up every thread id that gdb names among the node's real threads before
 * using it.
 */
#include "controller/engine/debug-threads.h"

#include "controller/engine/rest.h"
#include "controller/qemu/debug.h"
#include "gdbstub-client/parse.h"

#include <inttypes.h>

/* Threads in one answer to qfThreadInfo. */
#define THREADS_AT_ONCE 64u

void debug_threads_init(DebugThreads *t, Node *n, int patience_ms)
{
    *t = (DebugThreads){.node = n, .patience_ms = patience_ms, .control = {0, -1}};
}

void debug_threads_clear(DebugThreads *t)
{
    g_clear_pointer(&t->all, g_array_unref);
}

const GArray *debug_threads_all(DebugThreads *t, GError **error)
{
    g_autoptr(GArray) all = NULL;

    if (t->all)
        return t->all;
    all = gdb_threads(debug_client(t->node), t->patience_ms, error);
    if (!all)
        return NULL;
    if (all->len == 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_DIED, "node %s: its gdbstub names no vCPU",
                    t->node->name);
        return NULL;
    }
    if (t->chosen.tid == 0)
        t->chosen = g_array_index(all, GdbThread, 0);
    t->all = g_steal_pointer(&all);
    return t->all;
}

static unsigned index_of(const GArray *all, const GdbThread *thread)
{
    for (unsigned i = 0; i < all->len; i++) {
        const GdbThread *t = &g_array_index(all, GdbThread, i);

        if (t->pid == thread->pid && t->tid == thread->tid)
            return i;
    }
    return 0;
}

bool debug_threads_choose(DebugThreads *t, unsigned *vcpu, GError **error)
{
    const GArray *all = debug_threads_all(t, error);
    unsigned first;

    if (!all)
        return false;
    rest_settle(t->node);
    first = index_of(all, t->control.tid > 0 ? &t->control : &t->chosen);
    *vcpu = first;
    for (unsigned i = 0; all->len > 1 && !t->node->clock.idle && i < all->len; i++) {
        unsigned at = (first + i) % all->len;
        bool halted;

        if (!gdb_thread_halted(debug_client(t->node), &g_array_index(all, GdbThread, at), &halted,
                               t->patience_ms, error))
            return false;
        if (!halted) {
            *vcpu = at;
            break;
        }
    }
    return true;
}

void debug_threads_moved(DebugThreads *t, const GdbThread *thread)
{
    debug_threads_clear(t);
    if (thread)
        t->chosen = *thread;
}

void debug_threads_append(DebugThreads *t, GString *text)
{
    GdbThread shown = t->chosen.tid || debug_threads_all(t, NULL) ? t->chosen : (GdbThread){1, 1};

    g_string_append(text, "thread:");
    if (t->multiprocess)
        g_string_append_printf(text, "p%02" PRIx64 ".", (uint64_t)(t->pid ? t->pid : shown.pid));
    g_string_append_printf(text, "%02" PRIx64 ";", (uint64_t)shown.tid);
}

char *debug_threads_id(const DebugThreads *t, const GdbThread *thread)
{
    GdbThread shown = {t->multiprocess ? (t->pid ? t->pid : thread->pid) : 0, thread->tid};

    return gdb_thread_format(&shown);
}

static void append_id(const DebugThreads *t, GString *text, const GdbThread *thread)
{
    g_autofree char *id = debug_threads_id(t, thread);

    g_string_append(text, id);
}

bool debug_threads_list(DebugThreads *t, const GdbRequest *r, GString *answer, GError **error)
{
    const GArray *all = debug_threads_all(t, error);
    unsigned end;

    if (!all)
        return false;
    if (r->kind == GDB_REQUEST_THREADS_FIRST)
        t->listed = 0;
    end = MIN(t->listed + THREADS_AT_ONCE, all->len);
    g_string_assign(answer, t->listed < end ? "" : "l");
    for (; t->listed < end; t->listed++) {
        g_string_append_c(answer, answer->len ? ',' : 'm');
        append_id(t, answer, &g_array_index(all, GdbThread, t->listed));
    }
    return true;
}

/* The ids -1 (all threads) and 0 (any thread) choose none. */
bool debug_threads_select(DebugThreads *t, const GdbRequest *r, GString *answer, GError **error)
{
    bool control = r->kind == GDB_REQUEST_SELECT_CONTROL;
    const GArray *all = debug_threads_all(t, error);
    const GdbThread *found = all ? gdb_request_find(all, &r->thread) : NULL;

    if (!all)
        return false;
    g_string_assign(answer, found ? "OK" : "E22");
    if (found && control)
        t->control = r->thread.tid > 0 ? *found : (GdbThread){0, -1};
    else if (found && r->thread.tid > 0)
        t->chosen = *found;
    return true;
}

bool debug_threads_alive(DebugThreads *t, const GdbRequest *r, GString *answer, GError **error)
{
    const GArray *all = debug_threads_all(t, error);

    if (!all)
        return false;
    g_string_assign(answer, gdb_request_find(all, &r->thread) ? "OK" : "E22");
    return true;
}

bool debug_threads_current(DebugThreads *t, GString *answer, GError **error)
{
    if (!debug_threads_all(t, error))
        return false;
    g_string_assign(answer, "QC");
    append_id(t, answer, &t->chosen);
    return true;
}
