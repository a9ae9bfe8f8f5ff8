/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files.c: reads and looks for files by the SHA-256 of their content. */
#include "controller/remote/files.h"

#include "controller/base/fd.h"
#include "controller/qemu/options.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HEX           "0123456789abcdef"
#define SHA256_DIGITS 64
#define PART_DIGITS   8
#define CHUNK         (1 << 20)
#define LEFT_S        600 /* a copy without a write for so long has ended: 10 s lose a client */

char *files_cache(void)
{
    return g_build_filename(g_get_user_cache_dir(), "metronome", "files", NULL);
}

char *files_sha256(const char *path, uint64_t *size, FilesProgress progress, void *data,
                   GError **error)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    fd_auto fd = open(path, O_RDONLY | O_CLOEXEC);
    g_autofree uint8_t *chunk = g_malloc(CHUNK);
    struct stat st = {0};
    ssize_t n = -1;

    *size = 0;
    if (fd >= 0)
        fstat(fd, &st);
    while (fd >= 0 && (n = read(fd, chunk, CHUNK)) > 0) {
        g_checksum_update(sum, chunk, n);
        *size += (uint64_t)n;
        if (progress && !progress(*size, (uint64_t)st.st_size, data)) {
            g_set_error(error, NODE_ERROR, NODE_ERROR_INTERRUPTED,
                        "'%s': interrupted while it was read", path);
            return NULL;
        }
    }
    if (n == 0)
        return g_strdup(g_checksum_get_string(sum));
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "can't read '%s': %s", path,
                g_strerror(errno));
    return NULL;
}

static bool holds(const char *path, const char *sha256, uint64_t size)
{
    g_autofree char *found = NULL;
    uint64_t found_size;
    struct stat st;

    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != size)
        return false;
    found = files_sha256(path, &found_size, NULL, NULL, NULL);
    return found && strcmp(found, sha256) == 0;
}

/* Whether the text is a SHA-256: an agent makes it a part of a path. */
static bool is_sha256(const char *text)
{
    return strlen(text) == SHA256_DIGITS && strspn(text, HEX) == SHA256_DIGITS;
}

/* Whether ssh_host_upload() gives this name to an unfinished copy. */
static bool is_part(const char *name)
{
    g_autofree char *sha256 = g_strndup(name, SHA256_DIGITS);
    const char *rest = is_sha256(sha256) ? name + SHA256_DIGITS : "";

    return rest[0] == '.' && strlen(rest) == 1 + PART_DIGITS &&
           strspn(rest + 1, HEX) == PART_DIGITS;
}

static bool is_own_file(const char *path, struct stat *st)
{
    return lstat(path, st) == 0 && (S_ISREG(st->st_mode) || S_ISLNK(st->st_mode)) &&
           st->st_uid == geteuid();
}

/* Removes unfinished copies: a controller that died while copying could not do so. */
static void remove_parts(const char *cache)
{
    g_autoptr(GDir) dir = g_dir_open(cache, 0, NULL);
    const char *name;
    struct stat st;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(cache, name, NULL);

        if (is_part(name) && is_own_file(path, &st) && time(NULL) - st.st_mtime > LEFT_S)
            unlink(path);
    }
}

char *files_find(const char *cache, const char *sha256, uint64_t size, const char *sender_path,
                 bool *exists, GError **error)
{
    g_autofree char *path = NULL;
    struct stat st;

    if (!is_sha256(sha256)) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "'%s' is no SHA-256", sha256);
        return NULL;
    }
    *exists = true;
    if (sender_path && holds(sender_path, sha256, size))
        return g_strdup(sender_path);
    path = g_build_filename(cache, sha256, NULL);
    if (holds(path, sha256, size))
        return g_steal_pointer(&path);
    *exists = false;
    if (g_mkdir_with_parents(cache, 0700) != 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "can't make the folder '%s': %s", cache,
                    g_strerror(errno));
        return NULL;
    }
    /* A file at this path is damaged: its content does not have the SHA-256 of its name. */
    if (is_own_file(path, &st))
        unlink(path);
    remove_parts(cache);
    return g_steal_pointer(&path);
}
