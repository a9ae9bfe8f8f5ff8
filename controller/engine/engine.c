/* SPDX-License-Identifier: GPL-3.0-or-later */
/* engine.c: the ensemble's nodes, settings and figures. */
#include "controller/engine/engine-private.h"

#include "controller/base/units.h"
#include "controller/engine/gate.h"
#include "controller/engine/rest.h"
#include "controller/fabric/nics.h"
#include "controller/qemu/debug.h"

#include <string.h>

/* A tenth of the default quantum: costs nodes with breakpoints some 10 % of speed. */
#define MAX_SKIP_NS (100 * NS_PER_US)

static void member_free(void *data)
{
    Member *m = data;

    dist_clear(&m->stats.overshoot);
    dist_clear(&m->stats.idle_skip);
    g_free(m);
}

/* Brakes that are so many times as frequent as they have to be cost too much. */
#define MOST_BRAKES 8

int64_t engine_grain_us(const Engine *e)
{
    int64_t quantum = e->quantum.ns / NS_PER_US, skip = e->max_skip.ns / NS_PER_US;
    int64_t below = 1, above = quantum;

    for (int64_t n = 1; n * n <= quantum; n++) {
        if (quantum % n != 0)
            continue;
        for (int i = 0; i < 2; i++) {
            int64_t part = i == 0 ? n : quantum / n;

            if (part <= skip)
                below = MAX(below, part);
            else
                above = MIN(above, part);
        }
    }
    return below * MOST_BRAKES >= MIN(skip, quantum) ? below : above;
}

Engine *engine_new(LocalHost *host)
{
    Engine *e = g_new0(Engine, 1);

    e->host = host;
    e->hosts = all_hosts_new(host);
    e->quantum = vtime(NS_PER_MS);
    e->max_skip = vtime(MAX_SKIP_NS);
    e->members = g_ptr_array_new_with_free_func(member_free);
    e->participants = g_array_new(FALSE, TRUE, sizeof(Participant));
    e->observers = g_array_new(FALSE, FALSE, sizeof(Observer));
    e->marks = g_array_new(FALSE, TRUE, sizeof(SegmentMark));
    return e;
}

void engine_free(Engine *e)
{
    if (!e)
        return;
    for (unsigned i = 0; i < e->members->len; i++) {
        Member *m = e->members->pdata[i];

        g_clear_pointer(&m->node->gate, gate_free);
        nics_free(m->node);
        debug_free(m->node);
    }
    g_array_unref(e->observers);
    g_array_unref(e->marks);
    all_hosts_free(e->hosts);
    g_ptr_array_unref(e->members);
    g_array_unref(e->participants);
    g_free(e);
}

bool engine_set_quantum(Engine *e, VTime quantum, GError **error)
{
    g_autofree char *text = units_format_duration(quantum);

    if (quantum.ns <= 0 || quantum.ns > ENGINE_MAX_QUANTUM_NS) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "a quantum of %s is impossible: 1us to 1000s is allowed", text);
        return false;
    }
    if (quantum.ns % NS_PER_US != 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "a quantum of %s is no whole number of microseconds, the grain of QEMU's net "
                    "filters",
                    text);
        return false;
    }
    e->quantum = quantum;
    return true;
}

VTime engine_quantum(const Engine *e)
{
    return e->quantum;
}

bool engine_set_max_skip(Engine *e, VTime skip, GError **error)
{
    g_autofree char *text = units_format_duration(skip);

    if (skip.ns >= NS_PER_US && skip.ns % NS_PER_US == 0 && skip.ns <= ENGINE_MAX_QUANTUM_NS) {
        e->max_skip = skip;
        return true;
    }
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                "a skip of %s is impossible: whole microseconds, 1us to 1000s, are allowed", text);
    return false;
}

VTime engine_max_skip(const Engine *e)
{
    return e->max_skip;
}

static Member *find(const Engine *e, const Node *node, unsigned *index)
{
    for (unsigned i = 0; i < e->members->len; i++) {
        Member *m = e->members->pdata[i];

        if (m->node == node) {
            if (index)
                *index = i;
            return m;
        }
    }
    return NULL;
}

/* The epoch is rounded up, so that the node's next boundary is not behind the node. */
static void set_epoch(const Engine *e, Node *node)
{
    int64_t ahead = vtime_sub(node->clock.virtual_time, e->now).ns;

    node->epoch = vtime(ahead - ahead % NS_PER_US + (ahead % NS_PER_US > 0 ? NS_PER_US : 0));
}

void engine_add(Engine *e, Node *node)
{
    Member *m = g_new0(Member, 1);

    set_epoch(e, node);
    if (!node->remote)
        local_host_place(e->host, node);
    m->node = node;
    g_ptr_array_add(e->members, m);
}

bool engine_remove(Engine *e, Node *node, GError **error)
{
    unsigned index;
    bool ok = true;

    if (!find(e, node, &index))
        return true;
    if (node->gate && node->attached && node->state != NODE_FAILED)
        ok = gate_remove(node->gate, error);
    g_clear_pointer(&node->gate, gate_free);
    nics_free(node);
    debug_close(node);
    if (!node->remote)
        local_host_displace(e->host, node);
    g_ptr_array_remove_index(e->members, index);
    return ok;
}

void engine_drop_gate(Node *node)
{
    g_clear_pointer(&node->gate, gate_free);
}

VTime engine_now(const Engine *e)
{
    uint64_t k;

    if (!e->running || !e->aligned || e->segment.n_participants == 0)
        return e->now;
    k = atomic_load(&e->segment.k);
    return k > 0 ? segment_boundary(&e->segment, k) : e->now;
}

void engine_settle_clocks(const Engine *e)
{
    for (unsigned i = 0; i < e->members->len; i++)
        rest_ask(((const Member *)e->members->pdata[i])->node);
    for (unsigned i = 0; i < e->members->len; i++)
        rest_settle(((const Member *)e->members->pdata[i])->node);
}

bool engine_running(const Engine *e)
{
    return e->running;
}

void engine_observe(Engine *e, BarrierObserver func, bool looks, void *data)
{
    Observer o = {func, looks, data};

    g_array_append_val(e->observers, o);
}

void engine_unobserve(Engine *e, BarrierObserver func)
{
    for (unsigned i = e->observers->len; i-- > 0;)
        if (g_array_index(e->observers, Observer, i).func == func)
            g_array_remove_index(e->observers, i);
}

void engine_set_fabric(Engine *e, Fabric *fabric)
{
    e->fabric = fabric;
}

void engine_set_pace(Engine *e, double pace)
{
    e->pace = pace;
}

/* --- figures --- */

const EnsembleStats *engine_stats(const Engine *e)
{
    return &e->stats;
}

const NodeStats *engine_node_stats(const Engine *e, const Node *node)
{
    const Member *m = find(e, node, NULL);

    return m ? &m->stats : NULL;
}

uint64_t engine_missed(const Engine *e)
{
    uint64_t missed = 0;

    for (unsigned i = 0; i < e->members->len; i++)
        missed += ((const Member *)e->members->pdata[i])->stats.missed;
    return missed;
}

uint64_t engine_violations(const Engine *e)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < e->members->len; i++) {
        const Member *m = e->members->pdata[i];

        if (!m->node->icount.enabled)
            continue;
        count += m->stats.missed;
        if ((m->node->remote ? m->node->remote->sched : local_host_sched_mode(e->host)) !=
            SCHED_MODE_BEST_EFFORT)
            count += m->stats.overshot;
    }
    return count;
}

/* --- for saves --- */

void engine_restart(Engine *e)
{
    e->owes_failure = false;
    e->now = vtime(0);
    memset(&e->stats, 0, sizeof(e->stats));
    for (unsigned i = 0; i < e->members->len; i++) {
        Member *m = e->members->pdata[i];

        dist_clear(&m->stats.overshoot);
        dist_clear(&m->stats.idle_skip);
        memset(&m->stats, 0, sizeof(m->stats));
        memset(&m->node->rest, 0, sizeof(m->node->rest));
        m->node->rest.checked = true;
        set_epoch(e, m->node);
    }
}

void engine_save(const Engine *e, GByteArray *out)
{
    put_i64(out, e->now.ns);
    put_i64(out, e->quantum.ns);
    put_i64(out, e->max_skip.ns);
    put_u64(out, atomic_load(&e->stats.barriers));
    put_i64(out, e->stats.in_quanta.ns);
}

void engine_load(Engine *e, Reader *r)
{
    VTime now = get_time(r), quantum = get_time(r), max_skip = get_time(r);
    uint64_t barriers = get_u64(r);
    int64_t in_quanta = get_i64(r);

    if (quantum.ns <= 0 || quantum.ns > ENGINE_MAX_QUANTUM_NS || quantum.ns % NS_PER_US != 0 ||
        max_skip.ns < NS_PER_US || max_skip.ns > ENGINE_MAX_QUANTUM_NS || now.ns < 0)
        r->bad = true;
    if (r->bad)
        return;
    e->now = now;
    e->quantum = quantum;
    e->max_skip = max_skip;
    atomic_store(&e->stats.barriers, barriers);
    e->stats.in_quanta.ns = in_quanta;
}

void engine_save_node(const Engine *e, const Node *node, GByteArray *out)
{
    static const NodeStats none = {0};
    const Member *m = find(e, node, NULL);

    put_i64(out, node->epoch.ns);
    put_u32(out, node->rest.unread);
    node_stats_put(out, m ? &m->stats : &none);
}

void engine_load_node(Engine *e, Node *node, Reader *r)
{
    NodeStats unused = {0};
    Member *m = find(e, node, NULL);

    node->epoch = get_time(r);
    memset(&node->rest, 0, sizeof(node->rest));
    node->rest.unread = get_u32(r);
    node->rest.checked = true;
    node_stats_get(r, m ? &m->stats : &unused);
    dist_clear(&unused.overshoot);
    dist_clear(&unused.idle_skip);
}
