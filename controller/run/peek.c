/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peek.c: see peek.h. The stub's mode for physical addresses outlives a connection, so it is set for
 * one access alone. */
#include "controller/run/peek.h"

#include "controller/qemu/debug.h"

static bool find_thread(Node *n, int vcpu, GdbThread *thread, GError **error)
{
    const DebugHit *hit = debug_hit(n);

    if (vcpu < 0 && hit && hit->stop.has_thread) {
        *thread = hit->stop.thread;
        return true;
    }
    return debug_thread(n, (unsigned)MAX(vcpu, 0), thread, error);
}

/* The connection to the node's stub, with the vCPU that is looked at; NULL on failure.
 * debug_release() ends it. */
static GdbClient *begin(Node *n, int vcpu, GdbThread *thread, GError **error)
{
    GdbClient *gdb = node_check(n, true, error) ? debug_use(n, error) : NULL;

    if (!gdb || find_thread(n, vcpu, thread, error))
        return gdb;
    debug_release(n);
    return NULL;
}

bool peek_register(Node *n, int vcpu, const char *name, uint64_t *value, GError **error)
{
    GdbThread thread;
    GdbClient *gdb = begin(n, vcpu, &thread, error);
    bool ok;

    if (!gdb)
        return false;
    ok = gdb_register_read(gdb, &thread, name, value, NODE_REPLY_MS, error);
    debug_release(n);
    return ok;
}

bool peek_memory(Node *n, int vcpu, uint64_t address, uint8_t *bytes, size_t size, bool physical,
                 GError **error)
{
    GdbThread thread;
    GdbClient *gdb = begin(n, vcpu, &thread, error);
    bool ok;

    if (!gdb)
        return false;
    ok = gdb_thread_select(gdb, &thread, NODE_REPLY_MS, error) &&
         (!physical || gdb_phy_mem_mode_set(gdb, true, NODE_REPLY_MS, error)) &&
         gdb_memory_read(gdb, address, bytes, size, NODE_REPLY_MS, error);
    if (physical)
        ok = gdb_phy_mem_mode_set(gdb, false, NODE_REPLY_MS, ok ? error : NULL) && ok;
    debug_release(n);
    return ok;
}
