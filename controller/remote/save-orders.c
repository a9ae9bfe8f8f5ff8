/* SPDX-License-Identifier: GPL-3.0-or-later */
/* save-orders.c: decodes the messages about saved machines; checks ranges and duplicates. */
#include "controller/remote/save-orders.h"

#include <string.h>

#define LEAST_NODE 8  /* bytes of the shortest entry of MSG_SAVE */
#define LEAST_PART 12 /* of PARTS */

/* --- nodes --- */

static void clear_node(void *data)
{
    g_free(((SavedNodeOrder *)data)->version);
}

static bool is_new(const GArray *nodes, unsigned node)
{
    for (guint i = 0; i < nodes->len; i++)
        if (g_array_index(nodes, SavedNodeOrder, i).node == node)
            return false;
    return true;
}

static void get_nodes(Reader *r, SaveOrder *o, bool versions)
{
    uint32_t n = get_count(r, LEAST_NODE);

    o->nodes = g_array_new(FALSE, TRUE, sizeof(SavedNodeOrder));
    g_array_set_clear_func(o->nodes, clear_node);
    for (uint32_t i = 0; i < n && !r->bad; i++) {
        SavedNodeOrder node = {.node = get_u32(r)};

        node.number = get_u32(r);
        node.version = versions ? get_text(r) : g_strdup("");
        reader_demand(r, is_new(o->nodes, node.node) && (versions || node.number > 0));
        g_array_append_val(o->nodes, node);
    }
}

static bool done(const Reader *r, SaveOrder *o, const char *what, GError **error)
{
    if (reader_done(r, what, error))
        return true;
    save_order_clear(o);
    return false;
}

bool save_order_get(Reader *r, SaveOrder *o, GError **error)
{
    *o = (SaveOrder){.now = get_time(r)};
    get_nodes(r, o, false);
    return done(r, o, "save", error);
}

bool restore_order_get(Reader *r, SaveOrder *o, GError **error)
{
    *o = (SaveOrder){.keep_ram = get_flag(r)};
    o->qemu = get_text(r);
    get_nodes(r, o, true);
    return done(r, o, "restore", error);
}

void save_order_clear(SaveOrder *o)
{
    g_clear_pointer(&o->qemu, g_free);
    g_clear_pointer(&o->nodes, g_array_unref);
}

/* --- parts --- */

void parts_order_init(PartsOrder *o, bool whole)
{
    *o = (PartsOrder){whole, g_ptr_array_new_with_free_func(g_free),
                      g_array_new(FALSE, FALSE, sizeof(int64_t))};
}

void parts_order_add(PartsOrder *o, const char *name, int64_t size)
{
    g_ptr_array_add(o->names, g_strdup(name));
    g_array_append_val(o->sizes, size);
}

void parts_order_put(GByteArray *out, const PartsOrder *o)
{
    put_u8(out, o->whole);
    put_u32(out, o->names->len);
    for (guint i = 0; i < o->names->len; i++) {
        put_text(out, o->names->pdata[i]);
        put_u64(out, (uint64_t)g_array_index(o->sizes, int64_t, i));
    }
}

bool parts_order_get(Reader *r, PartsOrder *o, GError **error)
{
    bool whole = get_flag(r);
    uint32_t n = get_count(r, LEAST_PART), heads = whole ? 1 : 2;

    parts_order_init(o, whole);
    for (uint32_t i = 0; i < n && !r->bad; i++) {
        g_autofree char *name = get_text(r);
        uint64_t size = get_u64(r);

        reader_demand(r, size <= INT64_MAX);
        reader_demand(r, (strcmp(name, "devices") == 0) == (i == 0));
        reader_demand(r, (strcmp(name, "ram") == 0) == (i == 1 && !whole));
        parts_order_add(o, name, (int64_t)size);
    }
    reader_demand(r, n >= heads);
    if (reader_done(r, "parts", error))
        return true;
    parts_order_clear(o);
    return false;
}

void parts_order_clear(PartsOrder *o)
{
    g_clear_pointer(&o->names, g_ptr_array_unref);
    g_clear_pointer(&o->sizes, g_array_unref);
}

static int64_t get_place(Reader *r)
{
    uint64_t at = get_u64(r);

    reader_demand(r, at <= INT64_MAX);
    return (int64_t)at;
}

bool fetch_order_get(Reader *r, PartOrder *o, GError **error)
{
    *o = (PartOrder){.number = get_u32(r)};
    o->part = get_u32(r);
    o->at = get_place(r);
    return reader_done(r, "fetch", error);
}

bool fill_order_get(Reader *r, PartOrder *o, GError **error)
{
    *o = (PartOrder){.number = get_u32(r)};
    o->part = get_u32(r);
    o->at = get_place(r);
    o->bytes = get_bytes(r, &o->size);
    return reader_done(r, "fill", error);
}

/* --- single nodes --- */

bool past_order_get(Reader *r, PastOrder *o, GError **error)
{
    const uint8_t *bytes;
    gsize size;

    *o = (PastOrder){.node = get_u32(r)};
    o->epoch = get_time(r);
    bytes = get_bytes(r, &size);
    o->past = (Reader){.at = bytes, .end = bytes ? bytes + size : NULL};
    return reader_done(r, "past", error);
}

bool again_order_get(Reader *r, unsigned *node, char **qemu, GError **error)
{
    *node = get_u32(r);
    *qemu = get_text(r);
    if (reader_done(r, "again", error))
        return true;
    g_clear_pointer(qemu, g_free);
    return false;
}
