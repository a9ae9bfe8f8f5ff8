/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kept.c: names, marks and case.txt. */
#include "controller/testing/kept.h"

#include "controller/base/fd.h"
#include "controller/base/place.h"
#include "controller/base/text.h"
#include "controller/base/tree.h"
#include "controller/base/units.h"
#include "controller/base/version.h"
#include "controller/session/session-error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>

#define ABOUT "case.txt"
#define MARK  "a case of metronome test\n"

/* Folders of others stand for `..`, so that nothing is made outside DIR. */
char *kept_folder(const char *keep, const char *name, unsigned run)
{
    g_auto(GStrv) parts = g_strsplit(name, "/", -1);
    GString *path = g_string_new(keep);

    for (char **part = parts; *part; part++)
        if (**part && strcmp(*part, ".") != 0)
            g_string_append_printf(path, "/%s", strcmp(*part, "..") == 0 ? "__" : *part);
    if (run == KEPT_BOOT)
        g_string_append(path, ".boot");
    else if (run > 1)
        g_string_append_printf(path, ".run-%u", run);
    return g_string_free(path, FALSE);
}

static bool refuse(GError **error, const char *what, const char *path, const char *why)
{
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "--keep: %s '%s'%s", what, path, why);
    return false;
}

static bool refuse_errno(GError **error, const char *path)
{
    g_autofree char *why = g_strconcat(": ", g_strerror(errno), NULL);

    return refuse(error, "no folder can be made at", path, why);
}

static bool is_marked(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, ABOUT, NULL), *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) && g_str_has_prefix(text, MARK);
}

static int open_folder(const char *folder)
{
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool refuse_taken(GError **error, const char *folder)
{
    return refuse(error, "another metronome test writes the folder", folder,
                  " at present: say another DIR");
}

/* Whether no case runs that leaves this folder. File systems that know no locks tell of none. */
static bool check_free(const char *folder, GError **error)
{
    fd_auto fd = open_folder(folder);

    return fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK ||
           refuse_taken(error, folder);
}

/* Looks at a folder, and takes it into the set. */
static bool check_folder(const char *folder, GHashTable *seen, GError **error)
{
    g_autofree char *name = g_path_get_basename(folder);

    if (!g_hash_table_add(seen, g_strdup(folder)))
        return refuse(error, "two cases would leave the folder", folder, "");
    if (strlen(name) > NAME_MAX)
        return refuse(error, "the name of the folder", folder, " is too long");
    if (!g_file_test(folder, G_FILE_TEST_EXISTS) && !g_file_test(folder, G_FILE_TEST_IS_SYMLINK))
        return true;
    if (is_marked(folder))
        return check_free(folder, error);
    return refuse(error, "in the place of a case stands", folder,
                  ", which is no folder that a case has left: say another DIR");
}

static bool check_boots(const char *keep, const GPtrArray *boots, GHashTable *seen, GError **error)
{
    for (unsigned i = 0; i < boots->len; i++) {
        const Boot *b = boots->pdata[i];
        g_autofree char *folder = kept_folder(keep, b->path, KEPT_BOOT);

        if (!b->is_save && !check_folder(folder, seen, error))
            return false;
    }
    return true;
}

static bool check_cases(const char *keep, const GPtrArray *cases, GHashTable *seen, GError **error)
{
    for (unsigned i = 0; i < cases->len; i++) {
        const TestCase *c = cases->pdata[i];

        for (unsigned run = 1; run <= c->runs; run++) {
            g_autofree char *folder = kept_folder(keep, c->name, run);

            if (!check_folder(folder, seen, error))
                return false;
        }
    }
    return true;
}

/* A case that passes, or runs again, would remove what is inside its folder. */
static bool check_nested(const char *keep, GHashTable *seen, GError **error)
{
    GHashTableIter iter;
    void *folder;

    g_hash_table_iter_init(&iter, seen);
    while (g_hash_table_iter_next(&iter, &folder, NULL)) {
        g_autofree char *above = g_path_get_dirname(folder);

        for (; strlen(above) > strlen(keep); *strrchr(above, '/') = '\0')
            if (g_hash_table_contains(seen, above))
                return refuse(error, "one case would leave its folder inside that of another,",
                              above, "");
    }
    return true;
}

bool kept_check(const char *keep, const Collection *collection, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    if (g_mkdir_with_parents(keep, 0777) != 0 || !place_takes_files(keep))
        return refuse_errno(error, keep);
    return check_cases(keep, collection->cases, seen, error) &&
           check_boots(keep, collection->boots, seen, error) && check_nested(keep, seen, error);
}

int kept_begin(const char *folder, GError **error)
{
    g_autofree char *about = g_build_filename(folder, ABOUT, NULL);
    fd_auto fd = -1;

    if (is_marked(folder)) {
        if (!check_free(folder, error))
            return -1;
        tree_remove(folder, NULL);
    }
    if (g_mkdir_with_parents(folder, 0777) != 0 || (fd = open_folder(folder)) < 0) {
        refuse_errno(error, folder);
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        refuse_taken(error, folder);
        return -1;
    }
    if (g_file_set_contents(about, MARK, -1, error))
        return fd_steal(&fd);
    g_rmdir(folder); /* without a mark it would be in the way of the next run */
    return -1;
}

void kept_forget_runs(const char *folder)
{
    g_autofree char *parent = g_path_get_dirname(folder), *base = g_path_get_basename(folder);
    g_autofree char *prefix = g_strconcat(base, ".run-", NULL);
    g_autoptr(GDir) dir = g_dir_open(parent, 0, NULL);

    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(parent, name, NULL);

        if (g_str_has_prefix(name, prefix) && is_marked(path) && check_free(path, NULL))
            tree_remove(path, NULL);
    }
}

void kept_remove(const char *keep, const char *folder)
{
    g_autofree char *parent = g_path_get_dirname(folder);

    if (!is_marked(folder))
        return;
    tree_remove(folder, NULL);
    while (strlen(parent) > strlen(keep) && g_rmdir(parent) == 0) {
        char *above = g_path_get_dirname(parent);

        g_free(parent);
        parent = above;
    }
}

char *kept_save(const char *folder)
{
    g_autofree char *save = g_build_filename(folder, "save", NULL);

    return g_file_test(save, G_FILE_TEST_IS_DIR) ? g_steal_pointer(&save) : NULL;
}

static void put(GString *text, const char *key, const char *value)
{
    g_autofree char *plain = value ? text_line(value, -1) : NULL;

    if (plain)
        g_string_append_printf(text, "%s: %s\n", key, plain);
}

bool kept_end(const char *folder, const Kept *k, GError **error)
{
    const TestResult *r = k->result;
    g_autofree char *about = g_build_filename(folder, ABOUT, NULL), *save = kept_save(folder);
    g_autofree char *quoted = save ? g_shell_quote(save) : NULL;
    g_autofree char *open = quoted ? g_strconcat("metronome --from ", quoted, NULL) : NULL;
    g_autofree char *now = units_format_seconds(r->end.now);
    g_autofree char *seed = g_strdup_printf("%" PRId64, r->end.seed);
    g_autofree char *host = g_strdup_printf("%.3f s", (double)r->took.ns / 1e9);
    g_autofree char *variables = k->variables ? g_strjoinv(" ", (char **)k->variables) : NULL;
    g_autoptr(GString) text = g_string_new(MARK);

    put(text, "case", k->name);
    put(text, "metronome", METRONOME_VERSION);
    put(text, "result", r->kind ? r->kind : result_state_name(r->state));
    put(text, "where", r->where);
    put(text, "why", r->message);
    put(text, "virtual time", now);
    put(text, "host time", host);
    put(text, "boot", k->boot);
    put(text, "variables", variables && *variables ? variables : NULL);
    put(text, "seed", seed);
    put(text, "again", k->again);
    put(text, "open", open);
    return g_file_set_contents(about, text->str, (gssize)text->len, error);
}
