/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spares.c: starts them between two events of the main loop. */
#include "controller/save/spares.h"

#include "controller/engine/engine.h"
#include "controller/qemu/spare.h"

#include <string.h>

static void start_all(const Session *s)
{
    const MachinePlace place = {s->dir, s->options.qemu, local_host_sched_mode(s->host)};

    for (unsigned i = 0; i < s->nodes->len; i++)
        spare_start(s->nodes->pdata[i], &place);
}

static int on_idle(void *data)
{
    Session *s = data;

    s->spares_source = 0;
    start_all(s);
    return G_SOURCE_REMOVE;
}

void spares_renew(Session *s)
{
    if (!s->spares_wanted && g_strcmp0(g_getenv("METRONOME_SPARES"), "on") == 0)
        s->spares_wanted = true;
    if (s->spares_wanted && s->spares_source == 0 && !s->options.dry)
        s->spares_source = g_idle_add_full(G_PRIORITY_LOW, on_idle, s, NULL);
}

void spares_want(Session *s, bool wanted)
{
    s->spares_wanted = wanted;
    if (wanted) {
        spares_renew(s);
        return;
    }
    if (s->spares_source)
        g_source_remove(s->spares_source);
    s->spares_source = 0;
    for (unsigned i = 0; i < s->nodes->len; i++)
        spare_drop(s->nodes->pdata[i]);
}

void spares_favor(const Session *s)
{
    for (unsigned i = 0; i < s->nodes->len; i++)
        spare_favor(s->nodes->pdata[i]);
}
