/* SPDX-License-Identifier: GPL-3.0-or-later */
/* collect.c: files first, then their boots, then what is left out. */
#include "controller/testing/collect.h"

#include "controller/session/session-error.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define SUFFIX ".mtr"

/* The search for cases. */
typedef struct {
    const CollectPlan *plan;
    GPtrArray *cases;
    GHashTable *by_path; /* canonical path -> TestCase */
    char *keep;          /* canonical path, or NULL */
} Search;

G_GNUC_PRINTF(2, 3)
static bool refuse(GError **error, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error_literal(error, SESSION_ERROR, SESSION_ERROR_USAGE, text);
    return false;
}

static char *canonical_path(const char *path)
{
    char *found = realpath(path, NULL), *copy = g_strdup(found);

    free(found); /* NOLINT: it is the C library's */
    return copy;
}

/* A name that begins with '-' would be an option, one such as a=b.mtr a variable. */
static char *plain_path(const char *path)
{
    return *path == '-' || path[strcspn(path, "=/")] == '=' ? g_strconcat("./", path, NULL)
                                                            : g_strdup(path);
}

/* --- files --- */

static bool read_header(const char *path, Header *out, GError **error)
{
    g_autofree char *text = NULL;
    GError *e = NULL;
    struct stat st;

    if (stat(path, &st) != 0)
        return refuse(error, "can't read '%s': %s", path, g_strerror(errno));
    if (!S_ISREG(st.st_mode))
        return refuse(error, "'%s' is no file and no folder: a case is read in each run", path);
    if (!g_file_get_contents(path, &text, NULL, &e)) {
        refuse(error, "can't read '%s': %s", path, e->message);
        g_error_free(e);
        return false;
    }
    if (header_parse(text, out, error))
        return true;
    g_prefix_error(error, "%s:", path);
    return false;
}

static bool add_file(Search *s, const char *path, bool found, GError **error)
{
    TestCase *c = g_new0(TestCase, 1), *other;

    c->name = plain_path(path);
    c->found = found;
    g_ptr_array_add(s->cases, c);
    if (!read_header(path, &c->header, error))
        return false;
    c->canonical = canonical_path(path);
    other = c->canonical ? g_hash_table_lookup(s->by_path, c->canonical) : NULL;
    if (other)
        return refuse(error, "the case '%s' is named twice%s%s%s", path,
                      strcmp(other->name, c->name) == 0 ? "" : ", the other time '",
                      strcmp(other->name, c->name) == 0 ? "" : other->name,
                      strcmp(other->name, c->name) == 0 ? "" : "'");
    g_hash_table_insert(s->by_path, c->canonical, c);
    return true;
}

/* --- folders --- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Returns the entries of a folder, sorted. */
static GPtrArray *list(const char *folder, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    GError *e = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &e);

    if (!dir) {
        refuse(error, "can't read the folder '%s': %s", folder, e->message);
        g_error_free(e);
        return NULL;
    }
    for (const char *name; (name = g_dir_read_name(dir));)
        if (*name != '.')
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_name);
    return g_steal_pointer(&names);
}

static bool is_kept(const Search *s, const char *path)
{
    g_autofree char *canonical = s->keep ? canonical_path(path) : NULL;

    return canonical && strcmp(canonical, s->keep) == 0;
}

/* Adds the scenarios below the folder. */
static bool add_folder(Search *s, const char *folder, GError **error)
{
    g_autoptr(GPtrArray) names = list(folder, error);

    for (unsigned i = 0; names && i < names->len; i++) {
        const char *name = names->pdata[i];
        g_autofree char *path =
            strcmp(folder, ".") == 0 ? g_strdup(name) : g_build_filename(folder, name, NULL);
        struct stat st;

        if (lstat(path, &st) != 0)
            continue; /* gone meanwhile */
        if (S_ISDIR(st.st_mode)) {
            if (!is_kept(s, path) && !add_folder(s, path, error)) /* NOLINT(misc-no-recursion) */
                return false;
        } else if (g_str_has_suffix(name, SUFFIX) && !add_file(s, path, true, error)) {
            return false;
        }
    }
    return names != NULL;
}

static bool add_word(Search *s, const char *word, GError **error)
{
    unsigned before = s->cases->len;

    if (!g_file_test(word, G_FILE_TEST_IS_DIR))
        return add_file(s, word, false, error);
    if (!add_folder(s, word, error))
        return false;
    return s->cases->len > before ||
           refuse(error, "the folder '%s' has no scenario (*" SUFFIX ") in it or below it", word);
}

/* --- boots --- */

/* The boot with this path, which is made if need be. NULL: it is not there, or is none. */
static Boot *find_boot(GPtrArray *boots, const char *path, GError **error)
{
    g_autofree char *canonical = canonical_path(path);
    Boot *b;

    for (unsigned i = 0; canonical && i < boots->len; i++) {
        b = boots->pdata[i];
        if (strcmp(b->canonical, canonical) == 0)
            return b;
    }
    b = g_new0(Boot, 1);
    b->path = plain_path(path);
    b->is_save = g_file_test(path, G_FILE_TEST_IS_DIR);
    b->canonical = g_steal_pointer(&canonical);
    g_ptr_array_add(boots, b);
    if (!b->is_save && !read_header(path, &b->header, error))
        return NULL;
    if (b->header.from) {
        refuse(error, "%s: it is a boot of other scenarios, so it can't begin from '%s' itself",
               path, b->header.from);
        return NULL;
    }
    if (b->is_save) {
        b->save = g_strdup(path);
        b->state = BOOT_READY;
    }
    return b;
}

/* A relative path starts at the folder of the scenario, as that of an include. */
static char *path_beside(const char *scenario, const char *path)
{
    g_autofree char *folder = g_path_get_dirname(scenario);

    return g_path_is_absolute(path) || strcmp(folder, ".") == 0
               ? g_strdup(path)
               : g_build_filename(folder, path, NULL);
}

char *collect_from(const char *path)
{
    Header header = {0};
    bool ok = read_header(path, &header, NULL);
    char *from = ok && header.from ? path_beside(path, header.from) : NULL;

    header_clear(&header);
    return from;
}

static bool set_boot(const CollectPlan *plan, GPtrArray *boots, TestCase *c, GError **error)
{
    g_autofree char *path = NULL;
    const char *from = c->header.from;

    if (plan->from && from)
        return refuse(error, "%s: its '# from: %s' does not go together with --from", c->name,
                      from);
    if (plan->from) {
        c->boot = find_boot(boots, plan->from, error);
        if (!c->boot)
            g_prefix_error(error, "--from: ");
        return c->boot != NULL;
    }
    if (!from)
        return true;
    path = path_beside(c->name, from);
    c->boot = find_boot(boots, path, error);
    if (!c->boot)
        g_prefix_error(error, "%s: # from: ", c->name);
    return c->boot != NULL;
}

static bool is_boot(const GPtrArray *boots, const TestCase *c)
{
    for (unsigned i = 0; i < boots->len; i++)
        if (g_strcmp0(((const Boot *)boots->pdata[i])->canonical, c->canonical) == 0)
            return true;
    return false;
}

/* Removes scenarios that are boots only, and cases that the filter does not want. */
static void leave_out(const CollectPlan *plan, Collection *out)
{
    for (unsigned i = out->cases->len; i-- > 0;) {
        const TestCase *c = out->cases->pdata[i];

        if ((c->found && is_boot(out->boots, c)) ||
            (plan->filter && !strstr(c->name, plan->filter)))
            g_ptr_array_remove_index(out->cases, i);
    }
}

/* Removes boots that no case is left of. */
static void forget_boots(Collection *out)
{
    for (unsigned i = out->boots->len; i-- > 0;) {
        bool used = false;

        for (unsigned j = 0; j < out->cases->len && !used; j++)
            used = ((const TestCase *)out->cases->pdata[j])->boot == out->boots->pdata[i];
        if (!used)
            g_ptr_array_remove_index(out->boots, i);
    }
}

bool collect(const CollectPlan *plan, Collection *out, GError **error)
{
    g_autoptr(GHashTable) by_path = g_hash_table_new(g_str_hash, g_str_equal);
    g_autofree char *keep = plan->keep ? canonical_path(plan->keep) : NULL;
    Search search = {plan, NULL, by_path, keep};
    unsigned found;

    search.cases = out->cases = g_ptr_array_new_with_free_func(case_free);
    out->boots = g_ptr_array_new_with_free_func(boot_free);
    for (char *const *word = plan->words; *word; word++)
        if (!add_word(&search, *word, error))
            return false;
    found = out->cases->len;
    for (unsigned i = 0; i < found; i++)
        if (!set_boot(plan, out->boots, out->cases->pdata[i], error))
            return false;
    leave_out(plan, out);
    forget_boots(out);
    if (out->cases->len == 0)
        return plan->filter
                   ? refuse(error, "--filter '%s' fits the name of none of %u cases", plan->filter,
                            found)
                   : refuse(error, "all scenarios there are boots of others: none is a case");
    for (unsigned i = 0; i < out->cases->len; i++) {
        TestCase *c = out->cases->pdata[i];

        c->runs = plan->runs;
        c->results = g_new0(TestResult, plan->runs);
    }
    return true;
}

void collection_clear(Collection *c)
{
    g_clear_pointer(&c->cases, g_ptr_array_unref);
    g_clear_pointer(&c->boots, g_ptr_array_unref);
}
