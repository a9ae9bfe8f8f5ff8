/* SPDX-License-Identifier: GPL-3.0-or-later */
/* save.c: keeps saves in memory. */
#include "controller/save/save.h"

#include "controller/base/suggest.h"
#include "controller/remote/client/client-save.h"
#include "controller/save/save-file.h"
#include "controller/session/session-error.h"

#include <string.h>

static void save_node_free(void *data)
{
    SaveNode *n = data;

    machine_state_clear(&n->machine);
    if (n->far.keeper)
        agent_client_forget(n->far.keeper, n->far.number);
    g_free(n->program);
    g_strfreev(n->arguments);
    g_ptr_array_unref(n->files);
    g_free(n);
}

bool save_has_machine(const SaveNode *n)
{
    return n->machine.devices >= 0 || n->far.keeper;
}

SaveNode *save_add_node(Save *save)
{
    SaveNode *n = g_new0(SaveNode, 1);

    n->machine = MACHINE_STATE_NONE;
    n->files = g_ptr_array_new_with_free_func(save_file_free);
    g_ptr_array_add(save->nodes, n);
    return n;
}

Save *save_new(const char *name)
{
    Save *save = g_new0(Save, 1);

    save->refs = 1;
    save->name = g_strdup(name);
    save->own = g_byte_array_new();
    save->nodes = g_ptr_array_new_with_free_func(save_node_free);
    return save;
}

Save *save_ref(Save *save)
{
    save->refs++;
    return save;
}

void save_free(Save *save)
{
    if (!save || --save->refs > 0)
        return;
    g_free(save->name);
    g_free(save->path);
    g_free(save->date);
    g_free(save->scenario);
    g_byte_array_unref(save->own);
    if (save->ids)
        g_ptr_array_unref(save->ids);
    g_ptr_array_unref(save->nodes);
    g_free(save);
}

/* --- the session's saves --- */

static int find(const Session *s, const char *name)
{
    for (unsigned i = 0; s->saves && i < s->saves->len; i++)
        if (strcmp(((const Save *)s->saves->pdata[i])->name, name) == 0)
            return (int)i;
    return -1;
}

static void free_save(void *data)
{
    save_free(data);
}

void saves_add(Session *s, Save *save)
{
    int i = find(s, save->name);

    if (!s->saves)
        s->saves = g_ptr_array_new_with_free_func(free_save);
    if (i >= 0)
        g_ptr_array_remove_index(s->saves, (guint)i);
    g_ptr_array_add(s->saves, save);
}

static bool unknown(const Session *s, const char *name, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *hint = NULL;

    for (unsigned i = 0; s->saves && i < s->saves->len; i++)
        g_ptr_array_add(names, ((const Save *)s->saves->pdata[i])->name);
    g_ptr_array_add(names, NULL);
    hint = suggest_hint(name, (const char *const *)names->pdata,
                        names->len > 1 ? "`saves` lists them" : "there are no saves");
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "there is no save '%s': %s", name, hint);
    return false;
}

Save *saves_find(const Session *s, const char *name, GError **error)
{
    int i = find(s, name);

    if (i >= 0)
        return s->saves->pdata[i];
    checking_in_doubt(s->checking, CHECKING_SAVE, name);
    unknown(s, name, error);
    return NULL;
}

/* A check connects no host: there the machine will be where its node is. */
static bool keeps(const Save *save, unsigned node, const RemoteHost *host)
{
    if (host->client)
        return ((const SaveNode *)save->nodes->pdata[node])->far.keeper == host->client;
    return g_strcmp0(((const NodeIdentity *)save->ids->pdata[node])->host, host->options.name) == 0;
}

bool save_keeps(const Save *save, const RemoteHost *host)
{
    for (unsigned k = 0; k < save->nodes->len; k++)
        if (keeps(save, k, host))
            return true;
    return false;
}

const char *saves_keeping(const Session *s, const RemoteHost *host)
{
    for (unsigned i = 0; s->saves && i < s->saves->len; i++)
        if (save_keeps(s->saves->pdata[i], host))
            return ((const Save *)s->saves->pdata[i])->name;
    return NULL;
}

int64_t save_own_bytes(const Save *save)
{
    int64_t bytes = save->own->len;

    for (unsigned i = 0; i < save->nodes->len; i++)
        bytes += machine_state_own_bytes(&((const SaveNode *)save->nodes->pdata[i])->machine);
    return bytes;
}

/* What the stored pages of a save take together with those of other saves, once for each store. */
static int64_t shared_bytes(const Save *save, GHashTable *stores)
{
    int64_t bytes = 0;

    for (unsigned i = 0; i < save->nodes->len; i++) {
        const StoredPages *pages = ((const SaveNode *)save->nodes->pdata[i])->machine.pages;

        if (!pages)
            continue;
        bytes -= stored_pages_own_bytes(pages); /* those are counted with their save */
        if (g_hash_table_add(stores, stored_pages_store(pages)))
            bytes += page_store_bytes(stored_pages_store(pages));
    }
    return bytes;
}

int64_t saves_bytes(const Session *s)
{
    g_autoptr(GHashTable) stores = g_hash_table_new(NULL, NULL);
    int64_t bytes = 0;

    for (unsigned i = 0; s->saves && i < s->saves->len; i++)
        bytes += save_own_bytes(s->saves->pdata[i]) + shared_bytes(s->saves->pdata[i], stores);
    return bytes;
}

bool saves_delete(Session *s, const char *name, GError **error)
{
    int i = find(s, name);

    if (i < 0) {
        checking_in_doubt(s->checking, CHECKING_SAVE, name);
        return unknown(s, name, error);
    }
    g_ptr_array_remove_index(s->saves, (guint)i);
    return true;
}

void saves_free(Session *s)
{
    g_clear_pointer(&s->saves, g_ptr_array_unref);
}
