/* SPDX-License-Identifier: GPL-3.0-or-later */
/* save-folder.c: writes and reads the folder of a save; the manifest by json-c. */
#include "controller/save/save-folder.h"

#include "controller/base/codec.h"
#include "controller/base/fd.h"
#include "controller/base/memfile.h"
#include "controller/base/place.h"
#include "controller/base/sha.h"
#include "controller/base/text.h"
#include "controller/base/tree.h"
#include "controller/base/version.h"
#include "controller/save/pages.h"
#include "controller/save/save-file.h"
#include "controller/session/session-error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST "manifest.json"
#define FORMAT   "metronome_save" /* the manifest's first member: its version */
#define OWN      "own.state"
#define MARKER   ".metronome-partial-save"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_object, json_object_put)

static bool fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool fail(GError **error, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list list;

    va_start(list, format);
    text = g_strdup_vprintf(format, list);
    va_end(list);
    g_set_error_literal(error, SESSION_ERROR, SESSION_ERROR_USAGE, text);
    return false;
}

/* --- the manifest --- */

static json_object *file_json(const char *name, const char *sha256)
{
    json_object *file = json_object_new_object();

    json_object_object_add(file, "file", json_object_new_string(name));
    json_object_object_add(file, "sha256", json_object_new_string(sha256));
    return file;
}

static void add_text(json_object *object, const char *key, const char *text)
{
    json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

static json_object *named_files_json(const SaveNode *n)
{
    json_object *list = json_object_new_array();

    for (unsigned i = 0; i < n->files->len; i++) {
        const SaveFile *f = n->files->pdata[i];
        json_object *file = json_object_new_object();

        add_text(file, "path", f->path);
        json_object_object_add(file, "size", json_object_new_int64(f->size));
        json_object_object_add(file, "mtime_ns", json_object_new_int64(f->mtime_ns));
        json_object_object_add(file, "device", json_object_new_uint64(f->device));
        json_object_object_add(file, "inode", json_object_new_uint64(f->inode));
        add_text(file, "sha256", f->sha256);
        json_object_array_add(list, file);
    }
    return list;
}

static json_object *options_json(const NodeIdentity *id)
{
    json_object *options = json_object_new_object();

    for (unsigned i = 0; i + 1 < id->given->len; i += 2)
        add_text(options, id->given->pdata[i], id->given->pdata[i + 1]);
    return options;
}

static json_object *arguments_json(const SaveNode *n)
{
    json_object *list = json_object_new_array();

    for (char **p = n->arguments; p && *p; p++)
        json_object_array_add(list, json_object_new_string(*p));
    return list;
}

static json_object *node_json(const NodeIdentity *id, const SaveNode *n)
{
    json_object *node = json_object_new_object();

    add_text(node, "name", id->name);
    add_text(node, "host", id->host);
    add_text(node, "qemu_version", id->version);
    add_text(node, "qemu_program", n->program);
    json_object_object_add(node, "qemu_arguments", arguments_json(n));
    json_object_object_add(node, "options", options_json(id));
    json_object_object_add(node, "files", named_files_json(n));
    return node;
}

static json_object *manifest_json(const Save *save)
{
    json_object *manifest = json_object_new_object();

    json_object_object_add(manifest, FORMAT, json_object_new_int(SAVE_VERSION));
    add_text(manifest, "name", save->name);
    add_text(manifest, "date", save->date);
    add_text(manifest, "metronome_version", METRONOME_VERSION);
    add_text(manifest, "scenario", save->scenario);
    json_object_object_add(manifest, "virtual_ns", json_object_new_int64(save->time.ns));
    return manifest;
}

/* --- writing --- */

static bool is_save(int dir)
{
    char head[64] = "";
    fd_auto fd = openat(dir, MANIFEST, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);

    return fd >= 0 && read(fd, head, sizeof(head) - 1) > 0 && strstr(head, "\"" FORMAT "\"");
}

/* A file name that a save gives to one of its own files. */
static bool is_part(const char *name)
{
    const char *end = strrchr(name, '.');

    return strcmp(name, MANIFEST) == 0 || strcmp(name, OWN) == 0 || strcmp(name, MARKER) == 0 ||
           (end && (strcmp(end, ".devices") == 0 || strcmp(end, ".ram") == 0 ||
                    g_str_has_prefix(end, ".overlay")));
}

/* The first entry of the folder for which `wanted` is not true; NULL: there is none. */
static char *other_entry(int folder, bool (*wanted)(const char *))
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    char *other = NULL;

    while (dir && !other && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            !wanted(entry->d_name))
            other = g_strdup(entry->d_name);
    if (dir)
        closedir(dir);
    else
        fd_clear(&fd);
    return other;
}

static bool is_marker(const char *name)
{
    return strcmp(name, MARKER) == 0;
}

/* Removes the files of a folder, its marker last, so that what is left of it at any time is known
 * as what a killed save has left. */
static void empty(int dir)
{
    g_autofree char *name = NULL;

    while ((name = other_entry(dir, is_marker)) && unlinkat(dir, name, 0) == 0)
        g_clear_pointer(&name, g_free);
}

static bool accepts_beside(const char *whole, const char *path, GError **error);

bool save_folder_accepts(const char *path, GError **error)
{
    g_autofree char *whole = g_canonicalize_filename(path, NULL), *other = NULL;
    g_autofree char *parent = g_path_get_dirname(whole);
    fd_auto dir = open(whole, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    if (!*path)
        return fail(error, "an empty path is no place for a save");
    if (dir < 0 && g_file_test(whole, G_FILE_TEST_IS_SYMLINK))
        return fail(error, "'%s' is a symbolic link: name the folder itself", path);
    if ((dir < 0 && errno != ENOENT) || !place_takes_files(parent))
        return fail(error, "can't write '%s': %s", path, g_strerror(errno));
    if (dir < 0)
        return accepts_beside(whole, path, error);
    if (!is_save(dir))
        return fail(error, "'%s' is there already, and is no save: choose another place", path);
    if ((other = other_entry(dir, is_part)))
        return fail(error,
                    "'%s' holds '%s', which is no part of a save: nothing of it is replaced; "
                    "choose another place",
                    path, other);
    return accepts_beside(whole, path, error);
}

/* A folder that is being written. */
typedef struct {
    char *path; /* its name until it is whole */
    int dir;    /* locked */
} Partial;

/* Whether the folder is what a killed save has left, or new. A save that was killed before it could
 * leave its marker has left an empty folder. */
static bool is_ours(int dir)
{
    g_autofree char *other = other_entry(dir, is_marker);

    return !other || faccessat(dir, MARKER, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Whether the folder that is written first, under another name, can be made: begin(). */
static bool accepts_beside(const char *whole, const char *path, GError **error)
{
    g_autofree char *partial = g_strconcat(whole, ".partial", NULL);
    fd_auto dir = open(partial, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    if (dir < 0 && errno == ENOENT)
        return true;
    if (dir < 0 && errno != ENOTDIR && errno != ELOOP)
        return fail(error, "can't write '%s': %s", path, g_strerror(errno));
    return (dir >= 0 && is_ours(dir)) ||
           fail(error, "'%s' is in the way: remove it, or choose another place", partial);
}

static int make_file(int dir, const char *name)
{
    return openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static bool mark(int dir)
{
    fd_auto marker = make_file(dir, MARKER);

    return marker >= 0 || errno == EEXIST;
}

/* Whether the open folder has this name still: another metronome may have moved it to its place
 * between the open and the lock. */
static bool is_at(int dir, const char *path)
{
    struct stat here, there;

    return fstat(dir, &here) == 0 && lstat(path, &there) == 0 && here.st_dev == there.st_dev &&
           here.st_ino == there.st_ino;
}

static bool begin(const char *path, Partial *p, GError **error)
{
    p->path = g_strconcat(path, ".partial", NULL);
    if (mkdir(p->path, 0700) != 0 && errno != EEXIST)
        return fail(error, "can't write '%s': %s", p->path, g_strerror(errno));
    p->dir = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (p->dir < 0 && (errno == ENOTDIR || errno == ELOOP))
        return fail(error, "'%s' is in the way: remove it, or choose another place", p->path);
    if (p->dir < 0)
        return fail(error, "can't write '%s': %s", p->path, g_strerror(errno));
    if (flock(p->dir, LOCK_EX | LOCK_NB) != 0 || !is_at(p->dir, p->path))
        return fail(error, "another metronome is writing a save to '%s'", path);
    if (!is_ours(p->dir))
        return fail(error, "'%s' is in the way: remove it, or choose another place", p->path);
    if (!mark(p->dir))
        return fail(error, "can't write '%s': %s", p->path, g_strerror(errno));
    empty(p->dir);
    return true;
}

static int create(const Partial *p, const char *name, GError **error)
{
    int fd = make_file(p->dir, name);

    if (fd < 0)
        fail(error, "can't write '%s/%s': %s", p->path, name, g_strerror(errno));
    return fd;
}

/* stored: what is written; NULL: the file in memory is. */
static json_object *write_stored(const Partial *p, const char *name, const StoredPages *stored,
                                 int memory, GError **error)
{
    fd_auto fd = create(p, name, error);
    g_autofree char *sha256 = fd < 0   ? NULL
                              : stored ? pages_write_stored(stored, fd, error)
                                       : pages_write(memory, fd, error);

    if (fd >= 0 && !sha256)
        g_prefix_error(error, "'%s/%s': ", p->path, name);
    return sha256 ? file_json(name, sha256) : NULL;
}

static json_object *write_pages(const Partial *p, const char *name, int memory, GError **error)
{
    return write_stored(p, name, NULL, memory, error);
}

static json_object *write_bytes(const Partial *p, const char *name, const void *data, size_t size,
                                GError **error)
{
    fd_auto memory = memfile_new(name, (int64_t)size, error);

    if (memory < 0)
        return NULL;
    if (!memfile_write(memory, data, size, 0)) {
        fail(error, "can't write '%s/%s': %s", p->path, name, g_strerror(errno));
        return NULL;
    }
    return write_pages(p, name, memory, error);
}

static bool write_file(const Partial *p, json_object *node, const char *key, const char *name,
                       const StoredPages *stored, int memory, GError **error)
{
    json_object *file;

    if (!stored && memory < 0)
        return true;
    file = write_stored(p, name, stored, memory, error);
    if (file)
        json_object_object_add(node, key, file);
    return file != NULL;
}

static bool write_overlays(const Partial *p, const char *name, const GPtrArray *overlays,
                           json_object *node, GError **error)
{
    json_object *list = json_object_new_array();

    json_object_object_add(node, "overlays", list);
    for (unsigned i = 0; overlays && i < overlays->len; i++) {
        const Overlay *o = overlays->pdata[i];
        g_autofree char *file_name = g_strdup_printf("%s.overlay%u", name, i);
        json_object *file = write_pages(p, file_name, o->fd, error);

        if (!file)
            return false;
        add_text(file, "drive", o->drive);
        json_object_array_add(list, file);
    }
    return true;
}

static bool write_node(const Partial *p, const NodeIdentity *id, SaveNode *n, json_object *list,
                       GError **error)
{
    g_autofree char *devices = g_strconcat(id->name, ".devices", NULL);
    g_autofree char *ram = g_strconcat(id->name, ".ram", NULL);
    json_object *node;

    for (unsigned i = 0; i < n->files->len; i++)
        if (!save_file_digest(n->files->pdata[i], error))
            return false;
    node = node_json(id, n);
    json_object_array_add(list, node);
    json_object_object_add(node, "ram_in_devices", json_object_new_boolean(n->machine.whole));
    return write_file(p, node, "devices", devices, NULL, n->machine.devices, error) &&
           write_file(p, node, "ram", ram, n->machine.pages, n->machine.ram, error) &&
           write_overlays(p, id->name, n->machine.overlays, node, error);
}

static bool write_manifest(const Partial *p, json_object *manifest, GError **error)
{
    const char *text = json_object_to_json_string_ext(manifest, JSON_C_TO_STRING_PRETTY |
                                                                    JSON_C_TO_STRING_NOSLASHESCAPE);
    fd_auto fd = create(p, MANIFEST, error);
    size_t size = strlen(text);

    if (fd < 0)
        return false;
    if (write(fd, text, size) != (ssize_t)size || write(fd, "\n", 1) != 1)
        return fail(error, "can't write '%s/" MANIFEST "': %s", p->path, g_strerror(errno));
    return true;
}

static bool write_all(const Partial *p, Save *save, bool (*stop)(const void *), const void *data,
                      GError **error)
{
    g_autoptr(json_object) manifest = manifest_json(save);
    json_object *list = json_object_new_array(), *own;

    json_object_object_add(manifest, "nodes", list);
    own = write_bytes(p, OWN, save->own->data, save->own->len, error);
    if (!own)
        return false;
    json_object_object_add(manifest, "state", own);
    for (unsigned i = 0; i < save->nodes->len; i++) {
        if (stop && stop(data)) {
            g_set_error(error, SESSION_ERROR, SESSION_ERROR_INTERRUPTED,
                        "interrupted; nothing was saved to disk");
            return false;
        }
        if (!write_node(p, save->ids->pdata[i], save->nodes->pdata[i], list, error))
            return false;
    }
    return write_manifest(p, manifest, error);
}

/* Some file systems, NFS among them, know neither of the two moves that renameat2(2) can do. */
static bool is_unknown(int number)
{
    return number == EINVAL || number == ENOSYS;
}

/* Moves a folder to a place where nothing is, or an empty folder. */
static bool move_new(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 ||
           (is_unknown(errno) && rename(from, to) == 0);
}

/* Two folders change places. Where that takes three moves, whoever is killed between them leaves
 * `path` as PATH.old. */
static bool exchange(const char *with, const char *path)
{
    g_autofree char *old = g_strconcat(path, ".old", NULL);

    if (renameat2(AT_FDCWD, with, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
        return true;
    if (!is_unknown(errno) || !move_new(path, old))
        return false;
    if (!move_new(with, path)) {
        int number = errno;

        rename(old, path);
        errno = number;
        return false;
    }
    return move_new(old, with);
}

/* Changes places with the save at `path`, and removes that one. It is locked meanwhile, as it stands
 * under the name of what is being written: another writer would take it for what a killed one has
 * left. */
static bool replace(const Partial *p, const char *path, GError **error)
{
    fd_auto old = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    TreeId id;

    if (!save_folder_accepts(path, error))
        return false;
    if (old >= 0 && (flock(old, LOCK_EX | LOCK_NB) != 0 || !is_at(old, path)))
        return fail(error, "another metronome is writing a save to '%s'", path);
    if (old < 0 || !tree_id(old, &id) || !mark(old) || !exchange(p->path, path))
        return fail(error, "can't write '%s': %s", path, g_strerror(errno));
    empty(old);
    tree_remove(p->path, &id);
    return true;
}

/* Moves the whole folder to its place. The save that was there before is removed. */
static bool finish(const Partial *p, const char *path, GError **error)
{
    bool ok = move_new(p->path, path);

    if (!ok && (errno == EEXIST || errno == ENOTEMPTY))
        ok = replace(p, path, error);
    else if (!ok)
        fail(error, "can't write '%s': %s", path, g_strerror(errno));
    if (ok)
        unlinkat(p->dir, MARKER, 0);
    return ok;
}

bool save_folder_write(Save *save, const char *path, bool (*stop)(const void *), const void *data,
                       GError **error)
{
    g_autofree char *whole = g_canonicalize_filename(path, NULL); /* without a / at its end */
    Partial p = {.dir = -1};
    TreeId id;
    bool ok = save_folder_accepts(path, error) && begin(whole, &p, error);

    if (ok) {
        ok = write_all(&p, save, stop, data, error) && finish(&p, whole, error);
        if (!ok && tree_id(p.dir, &id))
            tree_remove(p.path, &id);
    }
    fd_clear(&p.dir);
    g_free(p.path);
    if (ok) {
        g_free(save->path);
        save->path = g_steal_pointer(&whole);
    }
    return ok;
}

/* --- reading --- */

/* A folder that is being read; the first fault is its error. */
typedef struct {
    const char *path;
    int dir;
    GError **error;
    bool bad;
} Folder;

static void bad_manifest(Folder *f, const char *key)
{
    if (!f->bad)
        fail(f->error, "'%s/" MANIFEST "' is damaged: no usable '%s'", f->path, key);
    f->bad = true;
}

static json_object *member(Folder *f, json_object *object, const char *key, json_type type,
                           bool needed)
{
    json_object *value = NULL;

    if (json_object_object_get_ex(object, key, &value) && json_object_is_type(value, type))
        return value;
    if (needed || value)
        bad_manifest(f, key);
    return NULL;
}

static char *text_of(Folder *f, json_object *object, const char *key, bool needed)
{
    json_object *value = member(f, object, key, json_type_string, needed);
    const char *text = value ? json_object_get_string(value) : NULL;

    if (text && strlen(text) != (size_t)json_object_get_string_len(value)) /* a NUL in it */
        bad_manifest(f, key);
    return g_strdup(text);
}

/* A text that is shown. */
static char *line_of(Folder *f, json_object *object, const char *key)
{
    g_autofree char *text = text_of(f, object, key, true);

    return text ? text_line(text, -1) : NULL;
}

static int64_t number_of(Folder *f, json_object *object, const char *key)
{
    json_object *value = member(f, object, key, json_type_int, true);

    return value ? json_object_get_int64(value) : 0;
}

/* A file of the folder, and no link, pipe or device, which would make the reader wait. */
static int open_file(const Folder *f, const char *name, GError **error)
{
    fd_auto fd = openat(f->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat about;

    if (fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode))
        return fd_steal(&fd);
    if (fd >= 0 || errno == ELOOP)
        fail(error, "it is no file");
    else
        fail(error, "%s", g_strerror(errno));
    return -1;
}

/* Reads a file of pages that the manifest names into a file in memory, which nobody can change if
 * it is sealed; -1: it failed. */
static int read_pages(Folder *f, json_object *file, bool sealed)
{
    g_autofree char *name = text_of(f, file, "file", true),
                    *sha256 = text_of(f, file, "sha256", true);
    fd_auto fd = -1;
    int memory;
    g_autoptr(GError) e = NULL;

    if (f->bad)
        return -1;
    if (strchr(name, '/')) {
        bad_manifest(f, "file");
        return -1;
    }
    fd = open_file(f, name, &e);
    memory = e ? -1 : memfile_new("saved", 0, &e);
    if (!e && pages_read(fd, memory, sha256, &e) && (!sealed || memfile_seal(memory, &e)))
        return memory;
    fd_clear(&memory);
    fail(f->error, "the save is not whole: '%s/%s': %s", f->path, name, e->message);
    f->bad = true;
    return -1;
}

static void read_own(Folder *f, json_object *manifest, Save *save)
{
    json_object *file = member(f, manifest, "state", json_type_object, true);
    fd_auto memory = file ? read_pages(f, file, true) : -1;
    struct stat about;

    if (memory < 0 || fstat(memory, &about) != 0)
        return;
    if (about.st_size > CODEC_MAX_BYTES) {
        bad_manifest(f, "state");
        return;
    }
    g_byte_array_set_size(save->own, (guint)about.st_size);
    if (pread(memory, save->own->data, save->own->len, 0) != (ssize_t)save->own->len)
        bad_manifest(f, "state");
    save->ids = f->bad ? NULL : own_state_nodes(save->own, f->error);
    f->bad = !save->ids;
}

static void read_named_files(Folder *f, json_object *node, SaveNode *out)
{
    json_object *list = member(f, node, "files", json_type_array, true);

    for (size_t i = 0; list && !f->bad && i < json_object_array_length(list); i++) {
        json_object *from = json_object_array_get_idx(list, i);
        SaveFile *file = g_new0(SaveFile, 1);

        g_ptr_array_add(out->files, file);
        file->path = text_of(f, from, "path", true);
        file->size = number_of(f, from, "size");
        file->mtime_ns = number_of(f, from, "mtime_ns");
        file->device = (uint64_t)number_of(f, from, "device");
        file->inode = (uint64_t)number_of(f, from, "inode");
        file->sha256 = text_of(f, from, "sha256", true);
    }
}

static void read_overlays(Folder *f, json_object *node, SaveNode *out)
{
    json_object *list = member(f, node, "overlays", json_type_array, true);

    out->machine.overlays = overlays_new();
    for (size_t i = 0; list && !f->bad && i < json_object_array_length(list); i++) {
        json_object *from = json_object_array_get_idx(list, i);
        g_autofree char *drive = text_of(f, from, "drive", true);
        int fd = read_pages(f, from, true);

        if (fd >= 0)
            overlays_add(out->machine.overlays, drive, fd);
    }
}

static void read_node(Folder *f, json_object *from, Save *save, bool machines)
{
    SaveNode *n = save_add_node(save);
    json_object *devices = member(f, from, "devices", json_type_object, false);
    json_object *ram = member(f, from, "ram", json_type_object, false);
    json_object *whole = member(f, from, "ram_in_devices", json_type_boolean, true);

    read_named_files(f, from, n);
    n->program = text_of(f, from, "qemu_program", false);
    n->machine.whole = whole && json_object_get_boolean(whole);
    if (devices && !ram != n->machine.whole)
        bad_manifest(f, "ram");
    if (!devices && (ram || n->machine.whole)) /* without both it had exited */
        bad_manifest(f, "devices");
    if (machines && devices && !f->bad)
        n->machine.devices = read_pages(f, devices, true);
    if (machines && ram && !f->bad)
        n->machine.ram = read_pages(f, ram, false);
    n->machine.once = n->machine.ram >= 0;
    if (machines)
        read_overlays(f, from, n);
}

static void read_manifest(Folder *f, json_object *manifest, Save *save, bool machines)
{
    json_object *nodes = member(f, manifest, "nodes", json_type_array, true);

    save->name = line_of(f, manifest, "name");
    save->date = line_of(f, manifest, "date");
    save->scenario = text_of(f, manifest, "scenario", false);
    save->time = vtime(number_of(f, manifest, "virtual_ns"));
    if (save->time.ns < 0 || save->time.ns > CODEC_TIME_END)
        bad_manifest(f, "virtual_ns");
    read_own(f, manifest, save);
    if (!f->bad && json_object_array_length(nodes) != save->ids->len)
        bad_manifest(f, "nodes");
    for (size_t i = 0; !f->bad && i < save->ids->len; i++)
        read_node(f, json_object_array_get_idx(nodes, i), save, machines);
}

static json_object *parse_manifest(Folder *f)
{
    g_autofree char *path = g_build_filename(f->path, MANIFEST, NULL);
    g_autoptr(json_object) manifest = NULL;
    fd_auto fd = -1;
    json_object *version;

    if (!is_save(f->dir)) {
        fail(f->error, "'%s' is no save: it has no " MANIFEST " of metronome", f->path);
        return NULL;
    }
    fd = open_file(f, MANIFEST, NULL);
    manifest = fd >= 0 ? json_object_from_fd(fd) : NULL;
    if (!json_object_is_type(manifest, json_type_object)) {
        fail(f->error, "'%s' is damaged: it is no JSON", path);
        return NULL;
    }
    version = member(f, manifest, FORMAT, json_type_int, true);
    if (version && json_object_get_int64(version) == SAVE_VERSION)
        return g_steal_pointer(&manifest);
    if (version)
        fail(f->error, "'%s' is a save of format %s, and this metronome reads format %d", f->path,
             json_object_get_string(version), SAVE_VERSION);
    return NULL;
}

Save *save_folder_read(const char *path, bool machines, GError **error)
{
    fd_auto dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    Folder f = {.path = path, .dir = dir, .error = error};
    g_autoptr(Save) save = NULL;
    g_autoptr(json_object) manifest = NULL;

    if (dir < 0) {
        fail(error, "can't read the save '%s': %s", path, g_strerror(errno));
        return NULL;
    }
    manifest = parse_manifest(&f);
    if (!manifest)
        return NULL;
    save = save_new(NULL);
    read_manifest(&f, manifest, save, machines);
    if (f.bad)
        return NULL;
    save->path = g_canonicalize_filename(path, NULL);
    return g_steal_pointer(&save);
}
