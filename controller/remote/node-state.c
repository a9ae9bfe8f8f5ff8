/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node-state.c: encodes and decodes node states and reports of nodes; checks enums and ranges. */
#include "controller/remote/node-state.h"

#include "controller/qemu/node-save.h"

void clock_put(GByteArray *out, const Clock *c)
{
    put_i64(out, c->virtual_time.ns);
    put_i64(out, c->icount.n);
    put_i64(out, c->bias.ns);
    put_u8(out, c->idle);
}

void clock_get(Reader *r, Clock *c)
{
    Clock got = {0};

    got.virtual_time = get_time(r);
    got.icount = (Insns){get_i64(r)};
    got.bias = get_time(r);
    r->bad = r->bad || got.icount.n < 0;
    got.idle = get_u8(r) != 0;
    if (!r->bad)
        *c = got;
}

void disk_put(GByteArray *out, const NodeDisk *d)
{
    put_u8(out, d->there);
    put_u8(out, (uint8_t)d->mode);
    put_u8(out, d->strict);
    put_u8(out, d->persist);
    put_text(out, d->unlocked ? d->unlocked : "");
    put_u64(out, d->waited.read_bytes);
    put_u64(out, d->waited.write_bytes);
    put_u64(out, d->waited.faults);
    put_u64(out, d->waited.delay);
}

void disk_get(Reader *r, NodeDisk *d)
{
    NodeDisk got = {.there = get_u8(r) != 0};
    unsigned mode = get_u8(r);
    g_autofree char *unlocked = NULL;

    got.mode = (DiskMode)mode;
    got.strict = get_u8(r) != 0;
    got.persist = get_u8(r) != 0;
    unlocked = get_words(r);
    got.waited.read_bytes = get_u64(r);
    got.waited.write_bytes = get_u64(r);
    got.waited.faults = get_u64(r);
    got.waited.delay = get_u64(r);
    r->bad = r->bad || mode > DISK_HOST;
    if (r->bad)
        return;
    disk_clear(d);
    *d = got;
    d->unlocked = *unlocked ? g_steal_pointer(&unlocked) : NULL;
}

/* With what it waited for up to now. */
static void put_disk_now(GByteArray *out, const Node *n)
{
    NodeDisk now = n->disk;

    disk_look(&now, n->pid, n->vcpus);
    disk_put(out, &now);
}

static void get_dist(Reader *r, Dist *into)
{
    uint64_t zeros = get_u64(r);
    uint32_t count = get_count(r, 8);

    if (into && !r->bad)
        into->zeros += zeros;
    for (uint32_t i = 0; i < count; i++) {
        int64_t ns = get_i64(r);

        if (into && !r->bad)
            dist_add(into, ns);
    }
}

void node_state_put(GByteArray *out, const Node *n, const NodeStats *stats)
{
    put_u8(out, (uint8_t)n->state);
    put_i64(out, n->exit_status);
    put_u32(out, n->life.resets);
    put_u8(out, n->clock_stale);
    put_text(out, n->failure ? n->failure->message : "");
    clock_put(out, &n->clock);
    put_u32(out, n->vcpus->len);
    for (unsigned i = 0; i < n->vcpus->len; i++)
        put_i64(out, node_vcpu_time(n, i).ns);
    put_disk_now(out, n);
    put_u64(out, stats->missed);
    put_u64(out, stats->overshot);
    put_u64(out, stats->repairs);
    dist_put(out, &stats->overshoot);
    dist_put(out, &stats->idle_skip);
    node_hit_put(out, n);
}

static void get_vcpus(Reader *r, Node *n)
{
    uint32_t count = get_count(r, 8);

    if (r->bad)
        return;
    g_array_set_size(n->remote_used, count);
    for (uint32_t i = 0; i < count; i++)
        g_array_index(n->remote_used, int64_t, i) = get_i64(r);
}

void node_state_get(Reader *r, const char *host, Node *n, NodeStats *stats)
{
    unsigned state = get_u8(r);
    int64_t exit_status = get_i64(r);
    uint32_t resets = get_u32(r);
    bool stale = get_u8(r) != 0;
    g_autofree char *failure = get_words(r);
    uint64_t missed, overshot, repairs;

    r->bad = r->bad || state > NODE_FAILED || exit_status < -1 || exit_status > 255;
    clock_get(r, &n->clock);
    get_vcpus(r, n);
    disk_get(r, &n->disk);
    missed = get_u64(r);
    overshot = get_u64(r);
    repairs = get_u64(r);
    get_dist(r, stats ? &stats->overshoot : NULL);
    get_dist(r, stats ? &stats->idle_skip : NULL);
    node_hit_get(r, n);
    if (r->bad)
        return;
    if (stats) {
        stats->missed += missed;
        stats->overshot += overshot;
        stats->repairs += repairs;
    }
    n->exit_status = (int)exit_status;
    n->life.resets = resets;
    n->clock_stale = stale;
    n->frozen = false;
    if (state == NODE_FAILED)
        node_state_fail(n, host, failure);
    else
        n->state = (NodeState)state;
}

void node_event_put(GByteArray *out, const NodeEvent *t)
{
    put_u8(out, (uint8_t)t->what);
    put_u8(out, (uint8_t)t->state);
    put_text(out, t->why);
    put_i64(out, t->time.ns);
    put_u8(out, t->exact);
    put_i64(out, t->exit_status);
    put_text(out, t->detail);
}

bool node_event_get(Reader *r, NodeEvent *t)
{
    unsigned what = get_u8(r), state = get_u8(r);
    g_autofree char *why = get_words(r), *detail = NULL;
    NodeEvent got = {.what = (NodeEventKind)what, .state = (NodeState)state};
    int64_t exit_status;

    got.time = get_time(r);
    got.exact = get_u8(r) != 0;
    exit_status = get_i64(r);
    detail = get_words(r);
    r->bad = r->bad || what > NODE_EVENT_FAILED || state > NODE_FROZEN || exit_status < -1 ||
             exit_status > 255;
    if (r->bad)
        return false;
    g_strlcpy(got.why, why, sizeof(got.why));
    got.exit_status = (int)exit_status;
    got.detail = *detail ? g_steal_pointer(&detail) : NULL;
    *t = got;
    return true;
}

void node_state_fail(Node *n, const char *host, const char *why)
{
    if (n->state == NODE_FAILED)
        return;
    n->failure = g_error_new(NODE_ERROR, NODE_ERROR_DIED, "host %s: %s", host, why);
    n->state = NODE_FAILED;
}
