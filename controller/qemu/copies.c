/* SPDX-License-Identifier: GPL-3.0-or-later */
/* copies.c: as many threads as the host has CPUs. */
#include "controller/qemu/copies.h"

typedef bool (*CopyFunc)(Node *node, MachineState *state, GError **error);

static void copy_one(void *data, void *function)
{
    MachineCopy *c = data;

    (*(CopyFunc *)function)(c->node, c->state, &c->why);
}

void machine_copies(MachineCopy *copies, unsigned n, CopyFunc function)
{
    const int threads = (int)MIN(g_get_num_processors(), MAX(n, 1));
    GThreadPool *pool = g_thread_pool_new(copy_one, &function, threads, TRUE, NULL);

    for (unsigned i = 0; i < n; i++)
        if (copies[i].state)
            g_thread_pool_push(pool, &copies[i], NULL);
    g_thread_pool_free(pool, FALSE, TRUE);
}

void machine_copies_save(MachineCopy *copies, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (copies[i].state)
            machine_begin_save(copies[i].node, &copies[i].why);
    for (unsigned i = 0; i < n; i++) {
        MachineCopy *c = &copies[i];

        if (c->state && (c->why || !machine_end_save(c->node, c->state, &c->why)))
            c->state = NULL;
    }
    machine_copies(copies, n, machine_copy_ram);
}

bool machine_copies_ended(const MachineCopy *copies, unsigned n, GError **error)
{
    bool ok = true;

    for (unsigned i = 0; i < n; i++) {
        if (!copies[i].why)
            continue;
        if (ok)
            g_propagate_error(error, copies[i].why);
        else
            g_error_free(copies[i].why);
        ok = false;
    }
    return ok;
}
