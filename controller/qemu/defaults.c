/* SPDX-License-Identifier: GPL-3.0-or-later */
/* defaults.c: a list of pairs key and value. Each value is checked on a trial node when it is
 * set. */
#include "controller/qemu/defaults.h"

#include "controller/base/suggest.h"
#include "controller/base/text.h"
#include "controller/qemu/option-keys.h"

#include <string.h>

struct NodeDefaults {
    GPtrArray *pairs; /* char *: key, value, … */
};

/* Keys that can't be defaults, and the reason. */
static const struct {
    const char *key, *why;
} refused[] = {
    {"name", "each node has a name of its own, the first word of `node add`"},
    {"serial",
     "no two nodes can listen in one place; say it of the node: `node add NAME serial=…`"},
    {"mac", "no two cards have the same address; say it of the node: `node add NAME mac=…`"},
    {"persist", "a disk that keeps what its guest writes belongs to one node; say it of the node: "
                "`node add NAME disk=FILE persist=on`"},
    {"gdb", "each node has a gdbstub of its own; `gdb NODE` tells where, `gdb NODE path=PATH` or "
            "`port=N` chooses"},
    {"qmp", "it is one QEMU's; say it of the node: `node attach NAME qmp=PATH`"},
    {"quantum", "it is the ensemble's; `quantum DURATION|auto` sets it"},
};

NodeDefaults *node_defaults_new(void)
{
    NodeDefaults *d = g_new0(NodeDefaults, 1);

    d->pairs = g_ptr_array_new_with_free_func(g_free);
    return d;
}

void node_defaults_free(NodeDefaults *d)
{
    if (!d)
        return;
    g_ptr_array_unref(d->pairs);
    g_free(d);
}

static GPtrArray *copy_pairs(const GPtrArray *pairs)
{
    GPtrArray *copy = g_ptr_array_new_with_free_func(g_free);

    for (unsigned i = 0; i < pairs->len; i++)
        g_ptr_array_add(copy, g_strdup(pairs->pdata[i]));
    return copy;
}

void node_defaults_copy(const NodeDefaults *from, NodeDefaults *to)
{
    g_ptr_array_unref(to->pairs);
    to->pairs = copy_pairs(from->pairs);
}

static const char *why_refused(const char *key)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(refused); i++)
        if (strcmp(refused[i].key, key) == 0)
            return refused[i].why;
    return NULL;
}

const char *const *node_defaults_keys(void)
{
    static const char *const keys[] = {
        "arch",     "qemu",   "machine", "cpu",         "smp",       "memory",    "kernel",
        "initrd",   "append", "files",   "disk",        "format",    "disk-mode", "cdrom",
        "firmware", "icount", "seed",    "nic",         "nic-model", "host",      "on-exit",
        "agent",    "extra",  "uarts",   "semihosting", NULL};

    return keys;
}

const GPtrArray *node_defaults_list(const NodeDefaults *d)
{
    return d->pairs;
}

/* The index of the key; -1: there is no such default. */
static int find(const GPtrArray *pairs, const char *key)
{
    for (unsigned i = 0; i < pairs->len; i += 2)
        if (strcmp(pairs->pdata[i], key) == 0)
            return (int)i;
    return -1;
}

static void put(GPtrArray *pairs, const char *key, const char *value)
{
    int i = find(pairs, key);

    if (i < 0) {
        g_ptr_array_add(pairs, g_strdup(key));
        g_ptr_array_add(pairs, g_strdup(value));
        return;
    }
    g_free(pairs->pdata[i + 1]);
    pairs->pdata[i + 1] = g_strdup(value);
}

static char *key_of(const char *word, GError **error)
{
    const char *equals = strchr(word, '=');

    if (equals)
        return g_strndup(word, (gsize)(equals - word));
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "'%s' is no key=value", word);
    return NULL;
}

void node_defaults_put(NodeDefaults *d, const char *key, const char *value)
{
    put(d->pairs, key, value);
}

/* --- setting and removing defaults --- */

static bool check_key(const char *key, GError **error)
{
    const char *why = why_refused(key);
    g_autofree char *hint = NULL;

    if (g_strv_contains(node_defaults_keys(), key))
        return true;
    if (why) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "%s= can't be a default: %s", key, why);
        return false;
    }
    hint = suggest_hint(key, node_defaults_keys(), "`help defaults` lists the keys");
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "unknown key '%s': %s", key, hint);
    return false;
}

/* Checks a value on a node that has this key alone. The combination of keys is checked at each
 * node. */
static bool check_value(NodeOptions *trial, const char *key, const char *value, GError **error)
{
    return node_options_set(trial, key, value, error) && node_options_check_alone(trial, error);
}

/* The value to store: for icount= all parts, those of an earlier default too. */
static char *whole_value(const NodeOptions *trial, const char *key, const char *value)
{
    return strcmp(key, "icount") == 0 ? icount_text(&trial->icount) : g_strdup(value);
}

bool node_defaults_set(NodeDefaults *d, char *const *words, unsigned n, bool elsewhere,
                       GError **error)
{
    g_autoptr(NodeOptions) trial = node_options_new("defaults");
    g_autoptr(GPtrArray) pairs = copy_pairs(d->pairs);
    int icount = find(pairs, "icount");

    if (icount >= 0 && !node_options_set(trial, "icount", pairs->pdata[icount + 1], error))
        return false;
    if (elsewhere)
        trial->host = g_strdup("another");
    for (unsigned i = 0; i < n; i++) {
        g_autofree char *key = key_of(words[i], error), *whole = NULL;
        const char *value = words[i] + (key ? strlen(key) + 1 : 0);

        if (!key || !check_key(key, error) ||
            (strcmp(key, "host") != 0 && !check_value(trial, key, value, error)))
            return false;
        whole = whole_value(trial, key, value);
        put(pairs, key, whole);
    }
    g_ptr_array_unref(d->pairs);
    d->pairs = g_steal_pointer(&pairs);
    return true;
}

/* What there is to be taken back, as suggest_hint() wants it; free with g_free(), not what it
 * holds. */
static const char **present(const NodeDefaults *d)
{
    const char **keys = g_new0(const char *, d->pairs->len / 2 + 1);

    for (unsigned i = 0; i < d->pairs->len; i += 2)
        keys[i / 2] = d->pairs->pdata[i];
    return keys;
}

bool node_defaults_unset(NodeDefaults *d, char *const *keys, unsigned n, GError **error)
{
    g_autofree const char **there = present(d);

    for (unsigned i = 0; i < n; i++) {
        g_autofree char *all = NULL, *hint = NULL;

        if (find(d->pairs, keys[i]) >= 0)
            continue;
        all = g_strjoinv(", ", (char **)there);
        hint = suggest_hint(keys[i], there, *all ? all : "there is none");
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "no default of '%s' is set: %s", keys[i],
                    hint);
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        int at = find(d->pairs, keys[i]);

        if (at >= 0) /* the key may be named twice */
            g_ptr_array_remove_range(d->pairs, (guint)at, 2);
    }
    if (n == 0)
        g_ptr_array_set_size(d->pairs, 0);
    return true;
}

/* --- applying defaults to a node --- */

static const char *value_in(char *const *words, unsigned n, const char *key)
{
    const char *value = NULL;

    for (unsigned i = 0; i < n && !value; i++)
        value = text_value(words[i], key);
    return value;
}

static bool apply_default(NodeOptions *o, const char *key, const char *value, GError **error)
{
    if (node_options_set(o, key, value, error))
        return true;
    g_prefix_error(error, "`defaults`: ");
    return false;
}

static bool apply_host(const NodeDefaults *d, NodeOptions *o, char *const *words, unsigned n,
                       GError **error)
{
    const char *own = value_in(words, n, "host");
    int i = find(d->pairs, "host");

    if (own)
        return node_options_set(o, "host", own, error);
    return i < 0 || apply_default(o, "host", d->pairs->pdata[i + 1], error);
}

bool node_defaults_apply(const NodeDefaults *d, NodeOptions *o, char *const *words, unsigned n,
                         GError **error)
{
    if (!apply_host(d, o, words, n, error))
        return false;
    for (unsigned i = 0; i < d->pairs->len; i += 2) {
        const char *key = d->pairs->pdata[i];

        if ((!value_in(words, n, key) || strcmp(key, "icount") == 0) && strcmp(key, "host") != 0 &&
            !apply_default(o, key, d->pairs->pdata[i + 1], error))
            return false;
    }
    for (unsigned i = 0; i < n; i++) {
        g_autofree char *key = key_of(words[i], error);

        if (!key || !node_options_set(o, key, words[i] + strlen(key) + 1, error))
            return false;
    }
    return true;
}

char *node_defaults_blamed(const NodeDefaults *d, char *const *words, unsigned n,
                           const char *message)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < d->pairs->len; i += 2) {
        g_autofree char *key = g_strconcat(d->pairs->pdata[i], "=", NULL);

        if (!value_in(words, n, d->pairs->pdata[i]) && strstr(message, key))
            g_string_append_printf(text, "%s%s", text->len ? ", " : "", key);
    }
    return g_string_free(text, text->len == 0);
}
