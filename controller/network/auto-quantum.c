/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * auto-quantum.c: searches the links for the least latency and for the next planned change.
 */
#include "controller/network/auto-quantum.h"

#include "controller/base/units.h"

/* Reports whether a way is up at `from`, or goes up by `to`. */
static bool counts(const LinkWay *way, VTime from, VTime to)
{
    VTime at = from;
    bool up = link_way_is_up(way, from);

    while (!up && link_way_next_change(way, at, &at, &up) && at.ns <= to.ns)
        continue;
    return up && at.ns <= to.ns;
}

static bool is_exact(const Network *net, unsigned link, unsigned way, bool exactly, ExactAble able,
                     void *data)
{
    const LinkParams *p = &network_link_way(net, link, way)->params;
    NetEnd ends[2];

    if (p->exact_set)
        return p->exact;
    network_link_ends(net, link, ends);
    return exactly && !ends[!way].is_switch && able(ends[!way].index, data);
}

/* Chooses by the ways that are up at `now` or will be by `until`. */
static AutoQuantum least(const Network *net, VTime now, VTime until)
{
    AutoQuantum q = {.quantum = {AUTO_QUANTUM_USUAL}, .link = AUTO_QUANTUM_NO_LINK};

    for (unsigned i = 0; i < network_n_links(net); i++) {
        for (unsigned way = 0; way < 2 && !network_link_removed(net, i); way++) {
            const LinkWay *w = network_link_way(net, i, way);

            if (!counts(w, now, until) || (q.link != AUTO_QUANTUM_NO_LINK &&
                                           link_asked_latency(&w->params).ns >= q.latency.ns))
                continue;
            q.link = i;
            q.latency = link_asked_latency(&w->params);
        }
    }
    if (q.link != AUTO_QUANTUM_NO_LINK)
        q.quantum =
            vtime(CLAMP(q.latency.ns / NS_PER_US * NS_PER_US, NS_PER_US, AUTO_QUANTUM_LONGEST));
    q.exactly = q.quantum.ns > NS_PER_US;
    return q;
}

/* A way that goes up before the next barrier counts already. The next barrier is at most a quantum
 * away. */
AutoQuantum auto_quantum(const Network *net, VTime now)
{
    AutoQuantum present = least(net, now, now);

    return least(net, now, vtime(now.ns + present.quantum.ns - 1));
}

static int64_t look_at(VTime change, bool up, VTime quantum)
{
    int64_t floor = change.ns - change.ns % quantum.ns;

    return up || floor == change.ns ? floor : floor + quantum.ns;
}

VTime auto_quantum_next(const Network *net, VTime now, VTime quantum)
{
    int64_t next = INT64_MAX;

    for (unsigned i = 0; i < network_n_links(net); i++) {
        for (unsigned way = 0; way < 2 && !network_link_removed(net, i); way++) {
            VTime at = now;
            bool up;

            /* Changes come in the order of time: a change after `next` can't give an earlier
             * result. */
            while (at.ns < next &&
                   link_way_next_change(network_link_way(net, i, way), at, &at, &up)) {
                int64_t look =
                    at.ns > INT64_MAX - quantum.ns ? INT64_MAX : look_at(at, up, quantum);

                if (look > now.ns)
                    next = MIN(next, look);
            }
        }
    }
    return vtime(next);
}

bool auto_quantum_deliver(Network *net, const AutoQuantum *want, ExactAble able, void *data,
                          bool trial)
{
    bool changed = false;

    for (unsigned i = 0; i < network_n_links(net); i++) {
        LinkParams params[2];
        bool differs = false;

        for (unsigned way = 0; way < 2; way++) {
            bool exact = is_exact(net, i, way, want && want->exactly, able, data);

            params[way] = network_link_way(net, i, way)->params;
            differs = differs || exact != params[way].exact;
            params[way].exact = exact;
        }
        if (!differs || network_link_removed(net, i))
            continue;
        changed = true;
        if (!trial)
            network_set_link(net, i, params);
    }
    return changed;
}

char *auto_quantum_text(const AutoQuantum *q, const Network *net)
{
    g_autofree char *quantum = units_format_duration(q->quantum);
    g_autofree char *latency = units_format_duration(q->latency);
    const char *name;

    if (q->link == AUTO_QUANTUM_NO_LINK)
        return g_strdup_printf("%s, as no link is up", quantum);
    name = network_link_name(net, q->link);
    if (q->latency.ns < NS_PER_US)
        return g_strdup_printf("%s, the shortest there is: link %s has a latency of %s", quantum,
                               name, latency);
    if (q->quantum.ns == q->latency.ns)
        return g_strdup_printf("%s, the latency of link %s", quantum, name);
    if (q->quantum.ns == AUTO_QUANTUM_LONGEST)
        return g_strdup_printf("%s, the longest there is: the links would allow more", quantum);
    return g_strdup_printf("%s, the latency of link %s (%s)", quantum, name, latency);
}
