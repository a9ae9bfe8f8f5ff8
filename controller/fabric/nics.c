/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nics.c: calls the functions of nic.h for each card of a node. */
#include "controller/fabric/nics.h"

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

bool nics_stay(const Node *n, int64_t first_us, int64_t quantum_us)
{
    for (unsigned i = 0; n->nics && i < n->nics->len; i++)
        if (!nic_stays(n->nics->pdata[i], first_us, quantum_us))
            return false;
    return true;
}

bool nics_look_ahead(const Node *n, GError **error)
{
    for (unsigned i = 0; n->nics && i < n->nics->len; i++)
        if (!nic_look_ahead(n->nics->pdata[i], error))
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

bool nics_aim(const Node *n, GError **error)
{
    for (unsigned i = 0; n->nics && i < n->nics->len; i++)
        if (!nic_aim(n->nics->pdata[i], error))
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

int64_t nics_next_stop(const Node *n)
{
    int64_t first_us = INT64_MAX;

    for (unsigned i = 0; n->nics && i < n->nics->len; i++)
        first_us = MIN(first_us, nic_next_stop(n->nics->pdata[i]));
    return first_us;
}

bool nics_want_rest(const Node *n, int64_t quantum_us)
{
    for (unsigned i = 0; n->nics && i < n->nics->len; i++)
        if (nic_wants_rest(n->nics->pdata[i], quantum_us))
            return true;
    return false;
}

bool nics_need_guard(const Node *n)
{
    for (unsigned i = 0; n->nics && i < n->nics->len; i++)
        if (nic_is_exact(n->nics->pdata[i]) || nic_is_line(n->nics->pdata[i]))
            return true;
    return false;
}
