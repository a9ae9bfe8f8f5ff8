/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vcpu-search.c: distances are counts of the node's instructions, back from where the search began. */
#include "controller/past/vcpu-search.h"

#include "controller/qemu/debug.h"
#include "controller/run/peek.h"

/* Each step back is so many times as wide as the one before, and one more: odd and even distances take
 * turns, for loops of two instructions. */
#define WIDER 63

struct VcpuSearch {
    Node *node;
    unsigned vcpu;
    GString *registers; /* where the search began, as in a g packet */
    Insns from;
    int64_t same;  /* the longest distance at which they are known to be the same */
    int64_t other; /* the shortest one at which they are known to be others; 0: none is */
    int64_t most;
    int64_t here; /* where the node stands */
};

void vcpu_search_free(VcpuSearch *v)
{
    if (!v)
        return;
    g_string_free(v->registers, TRUE);
    g_free(v);
}

static bool read_registers(const VcpuSearch *v, GString *out, GError **error)
{
    GdbThread thread;
    GdbClient *gdb = peek_begin(v->node, (int)v->vcpu, &thread, error);
    bool ok;

    if (!gdb)
        return false;
    ok = gdb_thread_select(gdb, &thread, NODE_REPLY_MS, error) &&
         gdb_forward(gdb, "g", 1, out, NODE_REPLY_MS, error);
    debug_release(v->node);
    return ok;
}

VcpuSearch *vcpu_search_new(Node *n, unsigned vcpu, Insns first, GError **error)
{
    VcpuSearch *v = g_new0(VcpuSearch, 1);

    v->node = n;
    v->vcpu = vcpu;
    v->registers = g_string_new(NULL);
    v->from = n->clock.icount;
    v->most = n->clock.icount.n - first.n;
    if (read_registers(v, v->registers, error))
        return v;
    vcpu_search_free(v);
    return NULL;
}

static int64_t next_distance(const VcpuSearch *v)
{
    if (v->other == 0)
        return MIN(v->same * WIDER + 1, v->most);
    return v->other - v->same > 1 ? v->same + (v->other - v->same) / 2 : v->other;
}

VcpuSearchMove vcpu_search_next(const VcpuSearch *v, Insns *next)
{
    int64_t distance = next_distance(v);

    if (v->other == 0 && v->same >= v->most)
        return VCPU_SEARCH_NEVER;
    if (distance == v->here)
        return VCPU_SEARCH_HERE;
    next->n = v->from.n - distance;
    return VCPU_SEARCH_GO;
}

bool vcpu_search_look(VcpuSearch *v, GError **error)
{
    g_autoptr(GString) registers = g_string_new(NULL);

    v->here = v->from.n - v->node->clock.icount.n;
    if (!read_registers(v, registers, error))
        return false;
    if (g_string_equal(registers, v->registers))
        v->same = MAX(v->same, v->here);
    else
        v->other = v->here;
    return true;
}
