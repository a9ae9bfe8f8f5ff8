/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nics.c: see nics.h. */
#include "controller/engine/nics.h"

void nics_free(Node *n)
{
    while (n->nics && n->nics->len > 0)
        nic_free(n->nics->pdata[n->nics->len - 1]);
}

bool nics_arm(const Node *n, int64_t first_us, int64_t quantum_us, GError **error)
{
    for (unsigned i = 0; n->nics && i < n->nics->len; i++)
        if (!nic_arm(n->nics->pdata[i], first_us, quantum_us, error))
            return false;
    return true;
}

bool nics_keep_up(const Node *n, int64_t first_us, int64_t quantum_us)
{
    for (unsigned i = 0; n->nics && i < n->nics->len; i++)
        if (!nic_keeps_up(n->nics->pdata[i], first_us, quantum_us))
            return false;
    return true;
}

bool nics_send(const Node *n, bool at_rest, GError **error)
{
    for (unsigned i = 0; n->nics && i < n->nics->len; i++)
        if (!nic_send(n->nics->pdata[i], at_rest, error) ||
            (at_rest && !nic_wait_taken(n->nics->pdata[i], error)))
            return false;
    return true;
}

bool nics_release(const Node *n, GError **error)
{
    for (unsigned i = 0; n->nics && i < n->nics->len; i++)
        if (!nic_release(n->nics->pdata[i], error))
            return false;
    return true;
}

void nics_read(const Node *n)
{
    for (unsigned i = 0; n->nics && i < n->nics->len; i++)
        nic_read(n->nics->pdata[i]);
}

void nics_reached(const Node *n, int64_t stamp_us)
{
    for (unsigned i = 0; n->nics && i < n->nics->len; i++)
        nic_reached(n->nics->pdata[i], stamp_us);
}
