/* SPDX-License-Identifier: GPL-3.0-or-later */
/* guest-files.c: entries are collected by their place in the guest, then sorted by it. */
#include "controller/qemu/guest-files.h"

#include "controller/qemu/cpio.h"
#include "controller/qemu/option-value.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST       65536 /* entries: more are meant to be a disk */
#define PERMISSION 07777

/* --- the words --- */

/* The text up to the first of `ends` that has no backslash in front of it; *p is behind it, NULL at
 * the end of all. Free with g_free(). */
static char *next_part(const char **p, const char *ends)
{
    const char *at = *p, *from = at;

    for (; *at && !strchr(ends, *at); at++)
        if (*at == '\\' && at[1])
            at++;
    *p = *at ? at + 1 : NULL;
    return g_strndup(from, (gsize)(at - from));
}

/* Takes the backslashes away that make a part of a name of a letter. */
static char *plain_name(const char *text)
{
    GString *plain = g_string_new(NULL);

    for (; *text; text++) {
        if (*text == '\\' && text[1] && strchr(",:\\", text[1]))
            text++;
        g_string_append_c(plain, *text);
    }
    return g_string_free(plain, FALSE);
}

static void append_name(GString *out, const char *name)
{
    for (; *name; name++) {
        if (strchr(",:\\", *name))
            g_string_append_c(out, '\\');
        g_string_append_c(out, *name);
    }
}

typedef struct {
    char *path, *dest; /* dest: NULL: none was named */
} Word;

static void word_free(void *data)
{
    Word *w = data;

    g_free(w->path);
    g_free(w->dest);
    g_free(w);
}

static bool read_word(const char *text, Word *w, GError **error)
{
    g_autofree char *path = next_part(&text, ":"), *dest = text ? next_part(&text, ":") : NULL;

    if (text)
        return option_bad(error,
                          "files='%s:%s:%s': PATH or PATH:DEST is expected; a ':' in a name is "
                          "written '\\:'",
                          path, dest, text);
    w->path = plain_name(path);
    w->dest = dest ? plain_name(dest) : NULL;
    if (!*w->path)
        return option_bad(error,
                          "files: a PATH is missing; PATH[:DEST][,PATH[:DEST]]… is expected");
    return true;
}

static GPtrArray *read_words(const char *files, GError **error)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(word_free);

    while (files) {
        g_autofree char *text = next_part(&files, ",");
        Word *w = g_new0(Word, 1);

        g_ptr_array_add(words, w);
        if (!read_word(text, w, error))
            return NULL;
    }
    return g_steal_pointer(&words);
}

/* --- places in the guest --- */

/* "/bin/" and "a" are "/bin/a", "//bin/./a" is "/bin/a", "/" is "". */
static char *tidy(const char *dest)
{
    g_autofree char *whole = g_canonicalize_filename(dest + strspn(dest, "/"), "/");

    return g_strdup(strcmp(whole, "/") == 0 ? "" : whole);
}

static bool has_dots(const char *dest)
{
    g_auto(GStrv) names = g_strsplit(dest, "/", -1);

    return g_strv_contains((const char *const *)names, "..");
}

static char *name_of(const char *path)
{
    g_autofree char *whole = g_canonicalize_filename(path, NULL);

    return g_path_get_basename(whole);
}

/* Where the word's file or folder goes. */
static char *place_of(const Word *w, bool folder, GError **error)
{
    g_autofree char *name = name_of(w->path);
    const char *dest = w->dest ? w->dest : "/";

    if (dest[0] != '/')
        option_bad(error, "files='%s:%s': '%s' is no absolute path in the guest, such as '/bin/%s'",
                   w->path, dest, dest, *name == '/' ? "NAME" : name);
    else if (has_dots(dest))
        option_bad(error, "files='%s:%s': the guest's path must not have '..'", w->path, dest);
    else if (!w->dest && *name == '/')
        option_bad(error, "files='%s' has no name: PATH:DEST is expected", w->path);
    else if (!w->dest || (!folder && g_str_has_suffix(dest, "/")))
        return g_strconcat(w->dest ? dest : "/", name, NULL);
    else
        return g_strdup(dest);
    return NULL;
}

char *guest_files_whole(const char *files)
{
    g_autoptr(GPtrArray) words = read_words(files, NULL);
    GString *whole;

    if (!words)
        return g_strdup(files);
    whole = g_string_new(NULL);
    for (unsigned i = 0; i < words->len; i++) {
        const Word *w = words->pdata[i];
        g_autofree char *path = g_canonicalize_filename(w->path, NULL), *name = name_of(w->path);
        g_autofree char *dest = w->dest ? g_strdup(w->dest) : g_strconcat("/", name, NULL);

        if (i > 0)
            g_string_append_c(whole, ',');
        append_name(whole, path);
        g_string_append_c(whole, ':');
        append_name(whole, dest);
    }
    return g_string_free(whole, FALSE);
}

/* --- entries --- */

static void guest_file_free(void *data)
{
    GuestFile *f = data;

    g_free(f->path);
    g_free(f->dest);
    g_free(f->link);
    g_free(f);
}

/* As a Linux has these folders, which get their modes anew. */
static mode_t usual_mode(const char *dest)
{
    if (strcmp(dest, "/tmp") == 0 || strcmp(dest, "/var/tmp") == 0)
        return S_IFDIR | 01777;
    return S_IFDIR | (strcmp(dest, "/root") == 0 ? 0700 : 0755);
}

/* Adds the folders in which it lies. */
static bool add_above(GHashTable *all, const GuestFile *f, GError **error)
{
    for (const char *slash = strchr(f->dest + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        g_autofree char *dest = g_strndup(f->dest, (gsize)(slash - f->dest));
        const GuestFile *above = g_hash_table_lookup(all, dest);
        GuestFile *made;

        if (above && !S_ISDIR(above->mode))
            return option_bad(error,
                              "files='%s' would be below '%s' in the guest, which is no folder: "
                              "'%s' is there",
                              f->path, dest, above->path);
        if (above)
            continue;
        made = g_new0(GuestFile, 1);
        made->mode = usual_mode(dest);
        made->dest = g_steal_pointer(&dest);
        g_hash_table_insert(all, made->dest, made);
    }
    return true;
}

/* Two folders become one. */
static bool add_file(GHashTable *all, GuestFile *f, GError **error)
{
    const GuestFile *there = g_hash_table_lookup(all, f->dest);
    const char *why = NULL;

    if (there && !there->path && !S_ISDIR(f->mode))
        why = "is where other files need a folder";
    else if (there && !(S_ISDIR(there->mode) && S_ISDIR(f->mode)))
        why = "is given twice";
    else if (strcmp(f->dest, "/TRAILER!!!") == 0)
        why = "is how a cpio archive ends: another name is needed";
    else if (strlen(f->dest) + 1 >= CPIO_MAX_NAME)
        why = "is too long for the kernel";
    else if (g_hash_table_size(all) >= MOST)
        why = "is one too many: a disk is better for more than 65536 files";
    if (why) {
        option_bad(error, "files='%s': '%s' in the guest %s%s%s%s", f->path, f->dest, why,
                   there && there->path ? ", by '" : "", there && there->path ? there->path : "",
                   there && there->path ? "'" : "");
        guest_file_free(f);
        return false;
    }
    g_hash_table_replace(all, f->dest, f);
    return add_above(all, f, error);
}

static const char *kind_of(mode_t mode)
{
    return S_ISFIFO(mode)   ? "a FIFO"
           : S_ISSOCK(mode) ? "a socket"
           : S_ISBLK(mode)  ? "a block device"
           : S_ISCHR(mode)  ? "a character device"
                            : "no file";
}

static bool add_path(GHashTable *all, const char *path, const char *dest, bool follow,
                     GError **error);

static bool add_folder(GHashTable *all, const char *path, const char *dest, GError **error)
{
    GError *e = NULL;
    g_autoptr(GDir) folder = g_dir_open(path, 0, &e);
    const char *name;

    if (!folder) {
        option_bad(error, "files='%s': %s", path, e->message);
        g_error_free(e);
        return false;
    }
    while ((name = g_dir_read_name(folder))) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        g_autofree char *inner_dest = g_strconcat(dest, "/", name, NULL);

        if (!add_path(all, inner, inner_dest, false, error))
            return false;
    }
    return true;
}

/* What can be known of a file before it is read. */
static bool check_file(const char *path, const struct stat *st, GError **error)
{
    if (access(path, R_OK) != 0)
        return option_bad(error, "files='%s': %s", path, g_strerror(errno));
    if ((uint64_t)st->st_size > CPIO_MAX_SIZE)
        return option_bad(error,
                          "files='%s' has %" G_GINT64_FORMAT
                          " bytes, and an initramfs takes 4 GiB a file: disk= is right",
                          path, (gint64)st->st_size);
    return true;
}

/* dest: tidy; "" is the guest's root itself. */
static bool add_path(GHashTable *all, const char *path, const char *dest, bool follow,
                     GError **error)
{
    g_autofree char *link = NULL;
    struct stat st;
    GuestFile *f;

    if ((follow ? stat(path, &st) : lstat(path, &st)) != 0 ||
        (S_ISLNK(st.st_mode) && !(link = g_file_read_link(path, NULL))))
        return option_bad(error, "files='%s': %s", path, g_strerror(errno));
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) && !S_ISLNK(st.st_mode))
        return option_bad(error,
                          "files='%s' is %s: only files, folders and symbolic links can be given",
                          path, kind_of(st.st_mode));
    if (S_ISREG(st.st_mode) && !check_file(path, &st, error))
        return false;
    if (!*dest && !S_ISDIR(st.st_mode))
        return option_bad(error, "files='%s': '/' in the guest is a folder", path);
    if (*dest) {
        f = g_new0(GuestFile, 1);
        f->path = g_strdup(path);
        f->dest = g_strdup(dest);
        f->mode = st.st_mode & (S_IFMT | PERMISSION);
        f->size = S_ISREG(st.st_mode) ? st.st_size : 0;
        f->mtime_ns = st.st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + st.st_mtim.tv_nsec;
        f->link = g_steal_pointer(&link);
        if (!add_file(all, f, error))
            return false;
    }
    return !S_ISDIR(st.st_mode) || add_folder(all, path, dest, error);
}

static bool add_word(GHashTable *all, const Word *w, GError **error)
{
    struct stat st;
    g_autofree char *place = NULL, *dest = NULL;

    if (stat(w->path, &st) != 0)
        return option_bad(error, "files='%s': %s", w->path, g_strerror(errno));
    place = place_of(w, S_ISDIR(st.st_mode), error);
    if (!place)
        return false;
    dest = tidy(place);
    return add_path(all, w->path, dest, true, error);
}

static int by_dest(const void *a, const void *b)
{
    const GuestFile *one = *(GuestFile *const *)a, *other = *(GuestFile *const *)b;

    return strcmp(one->dest, other->dest);
}

GPtrArray *guest_files_list(const char *files, GError **error)
{
    g_autoptr(GPtrArray) words = read_words(files, error);
    g_autoptr(GHashTable) table =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, guest_file_free);
    GPtrArray *list;
    GHashTableIter i;
    void *f;

    for (unsigned k = 0; words && k < words->len; k++)
        if (!add_word(table, words->pdata[k], error))
            return NULL;
    if (!words)
        return NULL;
    list = g_ptr_array_new_with_free_func(guest_file_free);
    g_hash_table_iter_init(&i, table);
    while (g_hash_table_iter_next(&i, NULL, &f)) {
        g_hash_table_iter_steal(&i);
        g_ptr_array_add(list, f);
    }
    g_ptr_array_sort(list, by_dest);
    return list;
}

int64_t guest_files_size(const GPtrArray *list)
{
    int64_t size = 0;

    for (unsigned i = 0; i < list->len; i++)
        size += ((const GuestFile *)list->pdata[i])->size;
    return size;
}

const GuestFile *guest_files_find(const GPtrArray *list, const char *dest)
{
    for (unsigned i = 0; i < list->len; i++)
        if (strcmp(((const GuestFile *)list->pdata[i])->dest, dest) == 0)
            return list->pdata[i];
    return NULL;
}

char *guest_files_text(const GPtrArray *list)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < list->len; i++) {
        const GuestFile *f = list->pdata[i];

        g_string_append_printf(text, "%o %s%s%s\n", (unsigned)f->mode, f->dest,
                               f->link ? " -> " : "", f->link ? f->link : "");
    }
    return g_string_free(text, FALSE);
}
