/* SPDX-License-Identifier: GPL-3.0-or-later */
/* own-state.c: the parts in the order in which they need each other. Each part is written and read
 * by the module that it belongs to. */
#include "controller/save/own-state.h"

#include "controller/fabric/fabric.h"
#include "controller/qemu/console-state.h"
#include "controller/qemu/consoles.h"
#include "controller/qemu/defaults.h"
#include "controller/qemu/ending.h"
#include "controller/qemu/node-save.h"
#include "controller/qemu/semi.h"
#include "controller/qemu/uart.h"
#include "controller/run/breaks.h"
#include "controller/session/journal.h"
#include "controller/session/session-error.h"

#include <stdlib.h>
#include <string.h>

static bool fail(const char *problem, GError **error)
{
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "the saved state is damaged: %s",
                problem);
    return false;
}

/* --- variables and settings --- */

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void put_variables(const Session *s, GByteArray *out)
{
    guint n;
    g_autofree void **keys = g_hash_table_get_keys_as_array(s->variables, &n);

    qsort(keys, n, sizeof(*keys), compare_texts);
    put_u32(out, n);
    for (unsigned i = 0; i < n; i++) {
        put_text(out, keys[i]);
        put_text(out, g_hash_table_lookup(s->variables, keys[i]));
    }
}

static gboolean is_not_fixed(gpointer key, G_GNUC_UNUSED gpointer value, gpointer data)
{
    return !g_hash_table_contains(((const Session *)data)->fixed, key);
}

/* Variables of the command line keep their values. */
static void get_variables(Session *s, Reader *r)
{
    uint32_t n = get_count(r, 2 * sizeof(uint32_t));

    g_hash_table_foreach_remove(s->variables, is_not_fixed, s);
    for (uint32_t i = 0; i < n; i++) {
        g_autofree char *key = get_text(r), *value = get_text(r);

        session_set(s, key, value, false);
    }
}

static void put_settings(const Session *s, GByteArray *out)
{
    const GPtrArray *defaults = node_defaults_list(s->defaults);

    put_variables(s, out);
    put_u32(out, defaults->len);
    for (unsigned i = 0; i < defaults->len; i++)
        put_text(out, defaults->pdata[i]);
    put_u8(out, s->sleep_reported);
    put_u8(out, s->auto_quantum);
    put_u32(out, s->auto_reported);
    put_u32(out, s->next_index);
    put_u8(out, s->started);
    put_i64(out, s->in_runs.ns);
    put_i64(out, s->last_passed.ns);
    put_i64(out, s->last_run.ns);
    put_u32(out, s->stopped_by);
}

static void get_defaults(Session *s, Reader *r)
{
    uint32_t n = get_count(r, sizeof(uint32_t));
    g_autoptr(NodeDefaults) defaults = node_defaults_new();

    for (uint32_t i = 0; i + 1 < n; i += 2) {
        g_autofree char *key = get_text(r), *value = get_text(r);

        node_defaults_put(defaults, key, value);
    }
    if (n % 2 != 0)
        r->bad = true;
    node_defaults_copy(defaults, s->defaults);
}

static void get_settings(Session *s, Reader *r)
{
    get_variables(s, r);
    get_defaults(s, r);
    s->sleep_reported = get_flag(r);
    s->auto_quantum = get_flag(r);
    s->auto_reported = get_u32(r);
    s->next_index = get_u32(r);
    s->started = get_flag(r);
    s->in_runs.ns = get_i64(r);
    s->last_passed = get_time(r);
    s->last_run.ns = get_i64(r);
    s->stopped_by = get_u32(r);
}

/* --- nodes --- */

static void put_nodes(const Session *s, GByteArray *out)
{
    put_u32(out, s->nodes->len);
    for (unsigned i = 0; i < s->nodes->len; i++)
        node_identity_put(out, s->nodes->pdata[i]);
}

static void identity_free(void *data)
{
    node_identity_clear(data);
    g_free(data);
}

/* Names become file names and rows, and numbers become addresses of cards: each is of one node. */
static bool is_new(const GPtrArray *nodes, const NodeIdentity *identity)
{
    for (unsigned i = 0; i < nodes->len; i++) {
        const NodeIdentity *other = nodes->pdata[i];

        if (other != identity &&
            (other->index == identity->index || strcmp(other->name, identity->name) == 0))
            return false;
    }
    return true;
}

static GPtrArray *get_nodes(Reader *r)
{
    GPtrArray *nodes = g_ptr_array_new_with_free_func(identity_free);
    uint32_t n = get_count(r, 4 * sizeof(uint32_t));

    for (uint32_t i = 0; i < n; i++) {
        NodeIdentity *identity = g_new0(NodeIdentity, 1);

        g_ptr_array_add(nodes, identity);
        node_identity_get(r, identity);
        reader_demand(r, is_new(nodes, identity) && i < SESSION_MAX_NODES);
        if (r->bad)
            break;
    }
    return nodes;
}

static void put_pasts(const Session *s, GByteArray *out)
{
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];

        node_past_put(out, n);
        engine_save_node(s->engine, n, out);
        put_u8(out, n->console != NULL);
        if (n->console)
            console_save(n->console, out);
        uarts_save(n, out);
        semi_save(n, out);
    }
}

/* A check starts no node, so that no node of it can take what happened to one. */
static bool skip_pasts(const Session *s, Reader *r)
{
    for (unsigned i = 0; i < s->nodes->len && !r->bad; i++) {
        const Node *n = s->nodes->pdata[i];
        Node *unseen = node_new(node_options_new(n->name), n->index);

        node_past_get(r, unseen);
        engine_load_node(s->engine, unseen, r);
        if (get_flag(r))
            console_skip(r);
        uarts_skip(r);
        semi_skip(r);
        unseen->state = NODE_ADDED; /* it has no process */
        node_free(unseen);
    }
    return !r->bad;
}

static bool get_pasts(const Session *s, Reader *r, GError **error)
{
    for (unsigned i = 0; i < s->nodes->len && !r->bad; i++) {
        Node *n = s->nodes->pdata[i];

        node_past_get(r, n);
        engine_load_node(s->engine, n, r);
        if (get_flag(r) &&
            (!n->console || !console_load(n->console, r, engine_now(s->engine), error)))
            return n->console || fail("a console without a node", error);
        if (!r->bad && (!uarts_load(n, r, engine_now(s->engine), error) ||
                        !semi_load(n, r, engine_now(s->engine), error)))
            return false;
    }
    return true;
}

/* --- all of it --- */

void own_state_settle(const Session *s)
{
    engine_settle_clocks(s->engine);
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];

        if (n->console)
            node_drain(n, engine_now(s->engine));
    }
    if (s->fabric)
        fabric_collect(s->fabric);
}

void own_state_put(const Session *s, GByteArray *out)
{
    put_u32(out, OWN_STATE_VERSION);
    put_nodes(s, out);
    put_settings(s, out);
    journal_save(s, out);
    engine_save(s->engine, out);
    put_pasts(s, out);
    put_u8(out, s->fabric != NULL);
    if (s->fabric)
        fabric_save(s->fabric, out);
    breaks_save(s, out);
    for (unsigned i = 0; i < s->nodes->len; i++)
        node_hit_put(out, s->nodes->pdata[i]);
}

static bool begin(Reader *r, GError **error)
{
    uint32_t version = get_u32(r);

    if (version == OWN_STATE_VERSION)
        return true;
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "the saved state has format %u, and this metronome reads format %d", version,
                OWN_STATE_VERSION);
    return false;
}

GPtrArray *own_state_nodes(const GByteArray *bytes, GError **error)
{
    Reader r = reader_of(bytes);
    g_autoptr(GPtrArray) nodes = NULL;

    if (!begin(&r, error))
        return NULL;
    nodes = get_nodes(&r);
    if (!r.bad)
        return g_steal_pointer(&nodes);
    fail("the list of its nodes can't be read", error);
    return NULL;
}

/* The last part. */
static bool get_hits(const Session *s, Reader *r)
{
    for (unsigned i = 0; i < s->nodes->len; i++)
        node_hit_get(r, s->nodes->pdata[i]);
    return !reader_problem(r);
}

/* A session that had no network yet has none again. */
static bool get_fabric(Session *s, Reader *r, GError **error)
{
    if (get_flag(r))
        return fabric_load(session_fabric(s), s->nodes, r, error);
    if (s->fabric)
        fabric_clear(s->fabric, engine_quantum(s->engine));
    return true;
}

static bool get(Session *s, const GByteArray *bytes, OwnStateLook look, bool foresee,
                GError **error)
{
    Reader r = reader_of(bytes);
    g_autoptr(GPtrArray) nodes = NULL;
    g_autoptr(GError) e = NULL;

    if (!begin(&r, error))
        return false;
    nodes = get_nodes(&r);
    if (nodes->len != s->nodes->len)
        return fail("its nodes are others", error);
    get_settings(s, &r);
    journal_load(s, &r);
    engine_load(s->engine, &r);
    if ((foresee ? skip_pasts(s, &r) : get_pasts(s, &r, &e)) && get_fabric(s, &r, &e) && !r.bad &&
        breaks_load(s, &r, look, &e) && get_hits(s, &r))
        return true;
    if (!e) /* the reader knows that something is wrong */
        return fail(reader_problem(&r), error);
    g_propagate_error(error, g_steal_pointer(&e));
    return false;
}

bool own_state_get(Session *s, const GByteArray *bytes, OwnStateLook look, GError **error)
{
    return get(s, bytes, look, false, error);
}

bool own_state_foresee(Session *s, const GByteArray *bytes, OwnStateLook look, GError **error)
{
    return get(s, bytes, look, true, error);
}
