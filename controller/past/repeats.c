/* SPDX-License-Identifier: GPL-3.0-or-later */
/* repeats.c: asks each node and the network. */
#include "controller/past/repeats.h"

#include "controller/fabric/fabric.h"
#include "controller/session/session-error.h"

#include <string.h>

/* NULL: nothing is known that would make another run of it. Free with g_free(). */
static char *node_why(const Session *s, const Node *n)
{
    g_autofree char *disk = NULL;

    if (!n->icount.enabled)
        return g_strdup(
            "it runs without icount; icount=shift=0,sleep=off makes its run repeatable");
    if (n->icount.sleep_on)
        return g_strdup("it has sleep=on; icount=…,sleep=off makes its run repeatable");
    if (n->options->serial)
        return g_strdup("who is connected to its serial= types at times of the host");
    if (s->options.dry)
        return NULL; /* what follows is known once it is started */
    if ((disk = disk_why(&n->disk)))
        return g_strdup_printf("%s; disk-mode=memory makes it repeatable where the images fit into "
                               "memory",
                               disk);
    if (local_host_sched_mode(s->host) == SCHED_MODE_BEST_EFFORT)
        return g_strdup("its threads have no ranks (best effort)");
    return NULL;
}

static bool refuse(const Node *n, const char *why, bool mend, GError **error)
{
    g_set_error(error, NODE_ERROR, NODE_ERROR_STATE, "no way back: node %s: %s%s", n->name, why,
                mend ? "; with the word `anyway` it is tried" : "");
    return false;
}

static bool check_node(const Session *s, const Node *n, bool anyway, GError **error)
{
    g_autofree char *why = NULL;

    if (n->attached)
        return refuse(n, "it was attached, so that it can't be started anew", false, error);
    if (n->options->host && (!s->options.dry || strcmp(n->options->host, "auto") != 0))
        return refuse(n, "it is on another host", false, error);
    if (anyway || !(why = node_why(s, n)))
        return true;
    return refuse(n, why, true, error);
}

bool repeats_check(const Session *s, bool anyway, GError **error)
{
    const char *gateway;

    for (unsigned i = 0; i < s->nodes->len; i++)
        if (!check_node(s, s->nodes->pdata[i], anyway, error))
            return false;
    gateway = anyway ? NULL : fabric_forgetful_gateway(s->fabric);
    if (!gateway)
        return true;
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "no way back: more has passed gateway %s than is kept to be given again; with the "
                "word `anyway` it is tried",
                gateway);
    return false;
}
