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
