/* SPDX-License-Identifier: GPL-3.0-or-later */
/* checking.c: sets of names by kind: in doubt, used, captured, and folders to be made. */
#include "controller/session/checking.h"

#include <stdlib.h>
#include <string.h>

struct Checking {
    GHashTable *doubts[CHECKING_KINDS];
    bool any[CHECKING_KINDS]; /* a definition of this kind, of unknown name, was refused */
    bool all;                 /* every name is in doubt */
    bool asked;               /* the present command asked for a name in doubt */
    GHashTable *used;         /* names of variables */
    GPtrArray *captures;      /* char *: paths */
    GPtrArray *folders;       /* char *: canonical paths */
    GHashTable *saves;        /* canonical path → GByteArray: own state */
};

Checking *checking_new(void)
{
    Checking *c = g_new0(Checking, 1);

    for (unsigned i = 0; i < CHECKING_KINDS; i++)
        c->doubts[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    c->used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    c->captures = g_ptr_array_new_with_free_func(g_free);
    c->folders = g_ptr_array_new_with_free_func(g_free);
    c->saves =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_byte_array_unref);
    return c;
}

void checking_free(Checking *c)
{
    if (!c)
        return;
    for (unsigned i = 0; i < CHECKING_KINDS; i++)
        g_hash_table_unref(c->doubts[i]);
    g_hash_table_unref(c->used);
    g_ptr_array_unref(c->captures);
    g_ptr_array_unref(c->folders);
    g_hash_table_unref(c->saves);
    g_free(c);
}

void checking_doubt(Checking *c, CheckingKind kind, const char *name)
{
    if (!c)
        return;
    if (name)
        g_hash_table_add(c->doubts[kind], g_strdup(name));
    else
        c->any[kind] = true;
}

void checking_doubt_all(Checking *c)
{
    if (c)
        c->all = true;
}

bool checking_in_doubt(Checking *c, CheckingKind kind, const char *name)
{
    bool doubt;

    if (!c)
        return false;
    doubt = c->all || c->any[kind] ||
            (name ? g_hash_table_contains(c->doubts[kind], name)
                  : g_hash_table_size(c->doubts[kind]) > 0);
    c->asked = c->asked || doubt;
    return doubt;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *checking_doubtful(const Checking *c, CheckingKind kind)
{
    GPtrArray *names = g_ptr_array_new();
    GHashTableIter i;
    void *name;

    if (!c)
        return names;
    g_hash_table_iter_init(&i, c->doubts[kind]);
    while (g_hash_table_iter_next(&i, &name, NULL))
        g_ptr_array_add(names, name);
    g_ptr_array_sort(names, by_name);
    return names;
}

void checking_make_folder(Checking *c, const char *path)
{
    if (c)
        g_ptr_array_add(c->folders, g_canonicalize_filename(path, NULL));
}

bool checking_has_folder(const Checking *c, const char *path)
{
    g_autofree char *folder = g_canonicalize_filename(path, NULL);
    size_t length = strlen(folder);

    for (guint i = 0; c && i < c->folders->len; i++) {
        const char *made = c->folders->pdata[i];

        if (strncmp(made, folder, length) == 0 && (made[length] == '\0' || made[length] == '/'))
            return true;
    }
    return c && c->all;
}

void checking_write_save(Checking *c, const char *path, const GByteArray *own)
{
    GByteArray *copy = g_byte_array_sized_new(own->len);

    g_byte_array_append(copy, own->data, own->len);
    g_hash_table_replace(c->saves, g_canonicalize_filename(path, NULL), copy);
    checking_make_folder(c, path);
}

const GByteArray *checking_written_save(const Checking *c, const char *path)
{
    g_autofree char *whole = g_canonicalize_filename(path, NULL);

    return c ? g_hash_table_lookup(c->saves, whole) : NULL;
}

void checking_capture(Checking *c, const char *path)
{
    if (c)
        g_ptr_array_add(c->captures, g_strdup(path));
}

bool checking_end_capture(Checking *c, const char *path)
{
    guint i;

    if (!c || !g_ptr_array_find_with_equal_func(c->captures, path, g_str_equal, &i))
        return false;
    g_ptr_array_remove_index_fast(c->captures, i);
    return true;
}

bool checking_next(Checking *c)
{
    bool asked = c && c->asked;

    if (c)
        c->asked = false;
    return asked;
}

bool checking_is_sure(const Checking *c)
{
    return !c->all;
}

void checking_use(Checking *c, const char *variable)
{
    if (c && !g_hash_table_contains(c->used, variable))
        g_hash_table_add(c->used, g_strdup(variable));
}

void checking_forget_used(Checking *c)
{
    g_hash_table_remove_all(c->used);
}

bool checking_is_used(const Checking *c, const char *variable)
{
    return g_hash_table_contains(c->used, variable);
}

const char **checking_used(const Checking *c)
{
    guint n;
    const char **names = (const char **)g_hash_table_get_keys_as_array(c->used, &n);

    qsort(names, n, sizeof(*names), by_name);
    return names;
}

/* An end without its ".0": "a" and "a.0" are the same card. */
static char *plain_end(const char *name)
{
    return g_str_has_suffix(name, ".0") ? g_strndup(name, strlen(name) - 2) : g_strdup(name);
}

char *checking_link_name(const char *a, const char *b)
{
    g_autofree char *first = plain_end(a), *second = plain_end(b);

    return strcmp(first, second) < 0 ? g_strconcat(first, " ", second, NULL)
                                     : g_strconcat(second, " ", first, NULL);
}
