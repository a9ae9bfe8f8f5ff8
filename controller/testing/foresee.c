/* SPDX-License-Identifier: GPL-3.0-or-later */
/* foresee.c: a quiet check of each scenario, whose errors its run will tell. */
#include "controller/testing/foresee.h"

#include "controller/base/log.h"
#include "controller/base/suggest.h"
#include "controller/command/command.h"
#include "controller/session/checking.h"
#include "controller/session/session-life.h"
#include "controller/shell/scenario.h"

#include <string.h>

static void drop(const char *line)
{
    (void)line;
}

static void free_session(Session *s)
{
    command_free_state(s);
    session_free(s);
}

static char *key_of(const char *pair)
{
    return g_strndup(pair, strcspn(pair, "="));
}

bool foresee_is_variable(const char *word)
{
    g_autofree char *key = key_of(word);

    return strchr(word, '=') && *key && session_check_variable(key, NULL);
}

/* The variables that a scenario uses. */
typedef struct {
    bool sure; /* false: a file that it includes can't be read, so it may use any */
    GHashTable *names;
} Used;

/* Checks the boot and, if there is one, a scenario behind it, as the run of either will; what only the
 * last of them uses is what counts. */
static void check(Session *s, const Boot *boot, const char *path, char *const *pairs)
{
    g_autoptr(Texts) texts = texts_new(false);
    Scenario scenario = {.variables = (char **)pairs, .texts = texts};

    if (boot && boot->is_save)
        command_restore(s, boot->save, NULL);
    if (boot && !boot->is_save) {
        scenario.file = boot->path;
        scenario_check(&scenario, NULL, s);
        scenario.variables = NULL; /* the session has them */
    }
    if (!path)
        return;
    checking_forget_used(s->checking);
    scenario.file = path;
    scenario_check(&scenario, NULL, s);
}

static Used find_used(const Boot *boot, const char *path, char *const *pairs)
{
    Used used = {false, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    g_autofree const char **names = NULL;
    Session *s = session_new((SessionOptions){.dry = true, .quiet = true}, NULL);

    if (!s)
        return used;
    log_set_writer(drop);
    check(s, boot, path, pairs);
    log_set_writer(NULL);
    used.sure = checking_is_sure(s->checking);
    names = checking_used(s->checking);
    for (unsigned i = 0; names[i]; i++)
        g_hash_table_add(used.names, g_strdup(names[i]));
    free_session(s);
    return used;
}

/* Those of the pairs that a scenario uses; `seen` gets the names. */
static char **choose(char *const *pairs, const Used *used, GHashTable *seen)
{
    GPtrArray *chosen = g_ptr_array_new();

    for (char *const *pair = pairs; *pair; pair++) {
        g_autofree char *key = key_of(*pair);

        if (used->sure && !g_hash_table_contains(used->names, key))
            continue;
        g_ptr_array_add(chosen, g_strdup(*pair));
        g_hash_table_add(seen, g_steal_pointer(&key));
    }
    g_ptr_array_add(chosen, NULL);
    return (char **)g_ptr_array_free(chosen, FALSE);
}

/* Of a case, or (path NULL) of a boot; `all` gets the names that it uses, for suggestions. */
static char **share(const Boot *boot, const char *path, char *const *pairs, GHashTable *seen,
                    GHashTable *all, bool *wants_folder)
{
    Used used = find_used(boot, path, pairs);
    char **chosen = choose(pairs, &used, seen);
    GHashTableIter iter;
    void *name;

    *wants_folder = g_hash_table_contains(used.names, FORESEE_FOLDER);
    g_hash_table_iter_init(&iter, used.names);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_hash_table_add(all, g_strdup(name));
    g_hash_table_unref(used.names);
    return chosen;
}

static bool refuse_unused(const char *pair, const char *key, GHashTable *all, GError **error)
{
    g_autofree const char **names = (const char **)g_hash_table_get_keys_as_array(all, NULL);
    g_autofree char *meant = suggest_suffix(key, names);

    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "'%s' on the command line: no case uses $%s%s", pair, key, meant);
    return false;
}

static bool check_twice(char *const *pairs, GError **error)
{
    g_autoptr(GHashTable) twice = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (char *const *pair = pairs; *pair; pair++) {
        g_autofree char *key = key_of(*pair);

        if (g_hash_table_contains(twice, key)) {
            g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                        "'%s': %s is given twice on the command line", *pair, key);
            return false;
        }
        g_hash_table_add(twice, g_steal_pointer(&key));
    }
    return true;
}

static bool check_used(char *const *pairs, GHashTable *seen, GHashTable *all, GError **error)
{
    for (char *const *pair = pairs; *pair; pair++) {
        g_autofree char *key = key_of(*pair);

        if (!g_hash_table_contains(seen, key))
            return refuse_unused(*pair, key, all, error);
    }
    return true;
}

bool foresee_variables(char *const *pairs, const Collection *c, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    if (!check_twice(pairs, error))
        return false;
    for (unsigned i = 0; i < c->boots->len; i++) {
        Boot *b = c->boots->pdata[i];

        if (!b->is_save)
            b->variables = share(b, NULL, pairs, seen, all, &b->wants_folder);
    }
    for (unsigned i = 0; i < c->cases->len; i++) {
        TestCase *t = c->cases->pdata[i];

        t->variables = share(t->boot, t->name, pairs, seen, all, &t->wants_folder);
    }
    return check_used(pairs, seen, all, error);
}

bool foresee_save(const char *folder, const char *qemu, GError **error)
{
    Session *s =
        session_new((SessionOptions){.dry = true, .quiet = true, .qemu = g_strdup(qemu)}, error);
    bool ok = s && command_restore(s, folder, error) != COMMAND_FAILED;

    if (s)
        free_session(s);
    return ok;
}
