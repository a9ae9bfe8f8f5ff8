/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peek.c: see peek.h. The stub's mode for physical addresses outlives a connection, so it is set for
 * one access alone. */
#include "controller/run/peek.h"

#include "controller/base/suggest.h"
#include "controller/base/text.h"
#include "controller/qemu/debug.h"

#include <string.h>

static bool find_thread(Node *n, int vcpu, GdbThread *thread, GError **error)
{
    const DebugHit *hit = debug_hit(n);

    if (vcpu < 0 && hit && hit->stop.has_thread) {
        *thread = hit->stop.thread;
        return true;
    }
    return debug_thread(n, (unsigned)MAX(vcpu, 0), thread, error);
}

GdbClient *peek_begin(Node *n, int vcpu, GdbThread *thread, GError **error)
{
    GdbClient *gdb = node_check(n, true, error) ? debug_use(n, error) : NULL;

    if (!gdb || find_thread(n, vcpu, thread, error))
        return gdb;
    debug_release(n);
    return NULL;
}

static const GdbRegister *find_register(GdbClient *gdb, const char *name)
{
    static const char *const aliases[][2] = {
        {"pc", "rip"}, {"pc", "eip"}, {"sp", "rsp"}, {"sp", "esp"}};
    const GdbRegister *r = gdb_register_find(gdb, name, NODE_REPLY_MS, NULL);

    for (unsigned i = 0; !r && i < G_N_ELEMENTS(aliases); i++)
        if (strcmp(aliases[i][0], name) == 0)
            r = gdb_register_find(gdb, aliases[i][1], NODE_REPLY_MS, NULL);
    return r;
}

const GdbRegister *peek_find_register(Node *n, const char *name, GError **error)
{
    const GArray *all = gdb_register_list(debug_client(n), NODE_REPLY_MS, error);
    const GdbRegister *r = all ? find_register(debug_client(n), name) : NULL;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *list = g_strdup_printf("`regs %s` lists the general ones", n->name);
    g_autofree char *hint = NULL, *plain = text_line(name, -1);

    if (r || !all)
        return r;
    for (unsigned i = 0; i < all->len; i++)
        g_ptr_array_add(names, text_line(g_array_index(all, GdbRegister, i).name, -1));
    g_ptr_array_add(names, NULL);
    hint = suggest_hint(name, (const char *const *)names->pdata, list);
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "node %s has no register '%s': %s", n->name,
                plain, hint);
    return NULL;
}

bool peek_register(Node *n, int vcpu, const char *name, uint64_t *value, GError **error)
{
    GdbThread thread;
    GdbClient *gdb = peek_begin(n, vcpu, &thread, error);
    const GdbRegister *r;
    bool ok;

    if (!gdb)
        return false;
    r = peek_find_register(n, name, error);
    ok = r && gdb_register_read(gdb, &thread, r->name, value, NODE_REPLY_MS, error);
    debug_release(n);
    return ok;
}

bool peek_access(Node *n, int vcpu, const PeekAccess *a, GError **error)
{
    GdbThread thread;
    GdbClient *gdb = peek_begin(n, vcpu, &thread, error);
    bool ok;

    if (!gdb)
        return false;
    ok = gdb_thread_select(gdb, &thread, NODE_REPLY_MS, error) &&
         (!a->physical || gdb_phy_mem_mode_set(gdb, true, NODE_REPLY_MS, error)) &&
         (a->out ? gdb_memory_read(gdb, a->address, a->out, a->size, NODE_REPLY_MS, error)
                 : gdb_memory_write(gdb, a->address, a->in, a->size, NODE_REPLY_MS, error));
    if (a->physical)
        ok = gdb_phy_mem_mode_set(gdb, false, NODE_REPLY_MS, ok ? error : NULL) && ok;
    debug_release(n);
    return ok;
}

bool peek_memory(Node *n, int vcpu, uint64_t address, uint8_t *bytes, size_t size, bool physical,
                 GError **error)
{
    PeekAccess read = {.address = address, .size = size, .physical = physical};

    read.out = bytes;
    return peek_access(n, vcpu, &read, error);
}
