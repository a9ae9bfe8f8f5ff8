/* SPDX-License-Identifier: GPL-3.0-or-later */
/* users.c: breaks are kept as bytes, as in a save; points of gdbs stay in the nodes, muted. */
#include "controller/past/users.h"

#include "controller/qemu/debug.h"
#include "controller/qemu/defaults.h"
#include "controller/run/breaks.h"
#include "controller/session/session-error.h"

struct Users {
    void (*look)(Session *session, const char *command);
    GByteArray *breaks;
    GHashTable *variables;
    NodeDefaults *defaults;
};

static GHashTable *copy_variables(const Session *s)
{
    GHashTable *copy = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, s->variables);
    while (g_hash_table_iter_next(&iter, &key, &value))
        g_hash_table_insert(copy, g_strdup(key), g_strdup(value));
    return copy;
}

Users *users_new(Session *s, void (*look)(Session *, const char *))
{
    Users *u = g_new0(Users, 1);

    u->look = look;
    u->breaks = g_byte_array_new();
    breaks_save(s, u->breaks);
    u->variables = copy_variables(s);
    u->defaults = node_defaults_new();
    node_defaults_copy(s->defaults, u->defaults);
    return u;
}

void users_free(Users *u)
{
    if (!u)
        return;
    g_byte_array_unref(u->breaks);
    g_clear_pointer(&u->variables, g_hash_table_unref);
    node_defaults_free(u->defaults);
    g_free(u);
}

bool users_put_aside(Session *s, GError **error)
{
    breaks_clear(s);
    for (unsigned i = 0; i < s->nodes->len; i++)
        if (!debug_mute(s->nodes->pdata[i], error))
            return false;
    return true;
}

bool users_set_points(Users *u, Session *s, GError **error)
{
    Reader r = reader_of(u->breaks);
    bool ok = true;

    for (unsigned i = 0; i < s->nodes->len; i++)
        ok = debug_unmute(s->nodes->pdata[i], ok ? error : NULL) && ok;
    ok = breaks_load(s, &r, u->look, ok ? error : NULL) && ok;
    breaks_rewind(s);
    return ok;
}

bool users_give_back(Users *u, Session *s, const Node *hit, const GdbThread *thread, GError **error)
{
    bool ok;

    g_hash_table_unref(s->variables);
    s->variables = g_steal_pointer(&u->variables);
    u->variables = NULL;
    node_defaults_copy(u->defaults, s->defaults);
    ok = users_set_points(u, s, error);
    for (unsigned i = 0; i < s->nodes->len; i++) {
        Node *n = s->nodes->pdata[i];

        ok = debug_note_hit(n, n == hit ? thread : NULL, ok ? error : NULL) && ok;
    }
    return ok;
}
