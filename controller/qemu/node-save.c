/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node-save.c: each pair of put and get lists the same fields in the same order. */
#include "controller/qemu/node-save.h"

#include "controller/qemu/debug.h"
#include "controller/qemu/node-error.h"
#include "controller/qemu/option-keys.h"

#include <string.h>

void node_identity_clear(NodeIdentity *i)
{
    g_clear_pointer(&i->name, g_free);
    g_clear_pointer(&i->host, g_free);
    g_clear_pointer(&i->given, g_ptr_array_unref);
    g_clear_pointer(&i->version, g_free);
    g_clear_pointer(&i->transcript, g_free);
}

/* As `node add` allows it: it becomes a file name. */
static bool is_name(const char *name)
{
    for (const char *p = name; *p; p++)
        if (!g_ascii_isalnum(*p) && *p != '_' && *p != '-')
            return false;
    return g_ascii_isalpha(*name) && strlen(name) <= 32;
}

/* A file is the same file in another folder of this program. Free with g_free(). */
static char *whole_value(const GPtrArray *given, unsigned i)
{
    return node_options_whole(given->pdata[i], given->pdata[i + 1]);
}

void node_identity_put(GByteArray *out, const Node *n)
{
    put_text(out, n->name);
    put_text(out, n->options->host);
    put_u32(out, n->index);
    put_text(out, n->version);
    put_text(out, n->transcript);
    put_u32(out, n->options->given->len);
    for (unsigned i = 0; i + 1 < n->options->given->len; i += 2) {
        g_autofree char *value = whole_value(n->options->given, i);

        put_text(out, n->options->given->pdata[i]);
        put_text(out, value);
    }
}

void node_identity_get(Reader *r, NodeIdentity *i)
{
    uint32_t n;

    i->name = get_text(r);
    i->host = get_optional_text(r);
    i->index = get_u32(r);
    i->version = get_optional_text(r);
    i->transcript = get_optional_text(r);
    i->given = g_ptr_array_new_with_free_func(g_free);
    n = get_count(r, sizeof(uint32_t));
    for (uint32_t k = 0; k < n; k++)
        g_ptr_array_add(i->given, get_text(r));
    if (!is_name(i->name) || n % 2 != 0)
        r->bad = true;
}

static bool same_pairs(const GPtrArray *whole, const GPtrArray *given)
{
    for (unsigned i = 0; i + 1 < whole->len && i + 1 < given->len; i += 2) {
        g_autofree char *value = whole_value(given, i);

        if (strcmp(whole->pdata[i], given->pdata[i]) != 0 ||
            strcmp(whole->pdata[i + 1], value) != 0)
            return false;
    }
    return whole->len == given->len;
}

bool node_identity_is(const NodeIdentity *i, const Node *n)
{
    return strcmp(i->name, n->name) == 0 && i->index == n->index &&
           g_strcmp0(i->host, n->options->host) == 0 && same_pairs(i->given, n->options->given);
}

static void put_clock(GByteArray *out, const Clock *c)
{
    put_i64(out, c->virtual_time.ns);
    put_i64(out, c->icount.n);
    put_i64(out, c->bias.ns);
    put_u8(out, c->idle);
    put_u8(out, c->rough);
}

static void get_clock(Reader *r, Clock *c)
{
    c->virtual_time = get_time(r);
    c->icount.n = get_i64(r);
    reader_demand(r, c->icount.n >= 0);
    c->bias = get_time(r);
    c->idle = get_flag(r);
    c->rough = get_flag(r);
}

static void put_life(GByteArray *out, const NodeLife *l)
{
    put_u8(out, l->becomes);
    put_u8(out, l->stands);
    put_u8(out, l->stopped);
    put_u8(out, l->ends);
    put_text(out, l->why);
    put_u32(out, l->resets);
    for (unsigned i = 0; i < NODE_EVENT_KINDS; i++) {
        put_u32(out, l->reported[i].n);
        put_i64(out, l->reported[i].last.ns);
    }
}

static NodeState get_state(Reader *r)
{
    uint8_t state = get_u8(r);

    if (state > NODE_FAILED)
        r->bad = true;
    return r->bad ? NODE_ADDED : (NodeState)state;
}

static void get_life(Reader *r, NodeLife *l)
{
    g_autofree char *why = NULL;

    l->becomes = get_state(r);
    l->stands = get_flag(r);
    l->stopped = get_flag(r);
    l->ends = get_flag(r);
    why = get_line(r);
    g_strlcpy(l->why, why, sizeof(l->why));
    l->resets = get_u32(r);
    for (unsigned i = 0; i < NODE_EVENT_KINDS; i++) {
        l->reported[i].n = get_u32(r);
        l->reported[i].last = get_time(r);
    }
}

void node_past_put(GByteArray *out, const Node *n)
{
    put_u8(out, n->state);
    put_text(out, n->failure ? n->failure->message : NULL);
    put_u32(out, (uint32_t)n->exit_status);
    put_u8(out, n->clock_stale);
    put_u8(out, n->interval);
    put_clock(out, &n->clock);
    put_life(out, &n->life);
}

void node_past_get(Reader *r, Node *n)
{
    g_autofree char *failure = NULL;
    uint8_t interval;

    n->state = get_state(r);
    failure = get_line(r);
    g_clear_error(&n->failure);
    if (n->state == NODE_FAILED)
        n->failure = g_error_new_literal(NODE_ERROR, NODE_ERROR_DIED, failure);
    n->exit_status = (int)get_u32(r);
    reader_demand(r, n->exit_status >= -1 && n->exit_status <= 255);
    n->clock_stale = get_flag(r);
    interval = get_u8(r);
    if (interval > INTERVAL_REARMS)
        r->bad = true;
    n->interval = r->bad ? INTERVAL_UNKNOWN : (IntervalKind)interval;
    get_clock(r, &n->clock);
    get_life(r, &n->life);
}

/* --- where a point has stopped it --- */

void node_hit_put(GByteArray *out, const Node *n)
{
    const DebugHit *hit = debug_hit(n);

    put_u8(out, hit != NULL);
    if (!hit)
        return;
    put_u32(out, hit->stop.kind);
    put_u8(out, hit->stop.code);
    put_u8(out, hit->stop.has_thread);
    put_i64(out, hit->stop.thread.pid);
    put_i64(out, hit->stop.thread.tid);
    put_u32(out, hit->stop.watch);
    put_u64(out, hit->stop.address);
    put_u64(out, hit->pc);
    put_u8(out, hit->pending);
    put_u8(out, hit->finished);
    put_u64(out, hit->by);
    put_i64(out, hit->skip.ns);
    put_u8(out, hit->at_most);
    put_u32(out, hit->n_watched);
    for (unsigned i = 0; i < hit->n_watched; i++) {
        put_u32(out, hit->watched[i].watch);
        put_u64(out, hit->watched[i].address);
    }
}

static void get_watched(Reader *r, DebugHit *hit)
{
    hit->n_watched = get_count(r, 12);
    r->bad = r->bad || hit->n_watched > DEBUG_MAX_WATCHED;
    for (unsigned i = 0; !r->bad && i < hit->n_watched; i++) {
        hit->watched[i].watch = (GdbWatch)get_u32(r);
        hit->watched[i].address = get_u64(r);
        r->bad = r->bad || hit->watched[i].watch > GDB_WATCH_ACCESS;
    }
}

void node_hit_get(Reader *r, Node *n)
{
    DebugHit hit = {0};

    if (!get_u8(r))
        return;
    hit.stop.kind = (GdbStopKind)get_u32(r);
    hit.stop.code = get_u8(r);
    hit.stop.has_thread = get_u8(r) != 0;
    hit.stop.thread.pid = get_i64(r);
    hit.stop.thread.tid = get_i64(r);
    hit.stop.watch = (GdbWatch)get_u32(r);
    hit.stop.address = get_u64(r);
    hit.pc = get_u64(r);
    hit.pending = get_u8(r) != 0;
    hit.finished = get_u8(r) != 0;
    hit.by = get_u64(r);
    hit.skip = get_time(r);
    hit.at_most = get_u8(r) != 0;
    get_watched(r, &hit);
    r->bad = r->bad || hit.stop.kind > GDB_STOP_KILLED || hit.stop.watch > GDB_WATCH_ACCESS;
    if (!r->bad)
        debug_copy_hit(n, &hit);
}
