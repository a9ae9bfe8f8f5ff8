/* SPDX-License-Identifier: GPL-3.0-or-later */
/* save-file.c: stat(2) first, the digest if that is not enough. */
#include "controller/save/save-file.h"

#include "controller/base/fd.h"
#include "controller/base/sha.h"
#include "controller/qemu/guest-files.h"
#include "controller/session/session-error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK   (1 << 20)
#define LISTING "files="

void save_file_free(void *data)
{
    SaveFile *f = data;

    g_free(f->path);
    g_free(f->sha256);
    g_free(f);
}

static void look(SaveFile *f)
{
    struct stat about;

    f->size = -1;
    if (stat(f->path, &about) != 0)
        return;
    f->size = about.st_size;
    f->mtime_ns = about.st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + about.st_mtim.tv_nsec;
    f->device = about.st_dev;
    f->inode = about.st_ino;
}

SaveFile *save_file_new(const char *path)
{
    SaveFile *f = g_new0(SaveFile, 1);

    f->path = g_canonicalize_filename(path, NULL);
    look(f);
    return f;
}

SaveFile *save_file_new_listing(const char *files, GError **error)
{
    g_autofree char *whole = guest_files_whole(files), *text = NULL;
    g_autoptr(GPtrArray) list = guest_files_list(whole, error);
    SaveFile *f;

    if (!list)
        return NULL;
    text = guest_files_text(list);
    f = g_new0(SaveFile, 1);
    f->path = g_strconcat(LISTING, whole, NULL);
    f->size = (int64_t)strlen(text);
    f->sha256 = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    return f;
}

/* The digest of a file's bytes in hex; NULL: it can't be read, and errno says why. */
static char *digest_of(const char *path)
{
    fd_auto fd = open(path, O_RDONLY | O_CLOEXEC);
    g_autofree uint8_t *chunk = g_malloc(CHUNK);
    Sha sha;
    ssize_t n = -1;

    sha_init(&sha);
    while (fd >= 0 && (n = read(fd, chunk, CHUNK)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        sha_add(&sha, chunk, (gsize)n);
    }
    return n == 0 ? sha_hex(&sha) : NULL;
}

static bool fail(const SaveFile *f, const char *why, GError **error)
{
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "'%s' %s", f->path, why);
    return false;
}

bool save_file_digest(SaveFile *f, GError **error)
{
    if (!f->sha256)
        f->sha256 = digest_of(f->path);
    return f->sha256 || fail(f, g_strerror(errno), error);
}

static bool check_listing(const SaveFile *f, GError **error)
{
    SaveFile *now = save_file_new_listing(f->path + strlen(LISTING), error);
    bool same = now && g_strcmp0(now->sha256, f->sha256) == 0;

    if (now)
        save_file_free(now);
    return same || !now ||
           fail(f,
                "has other files, modes or links than at the save: the saved machine needs them as "
                "they were",
                error);
}

bool save_file_check(const SaveFile *f, GError **error)
{
    SaveFile now = {.path = f->path};
    g_autofree char *digest = NULL;

    if (g_str_has_prefix(f->path, LISTING))
        return check_listing(f, error);
    look(&now);
    if (now.size == f->size && now.mtime_ns == f->mtime_ns && now.device == f->device &&
        now.inode == f->inode)
        return true;
    if (now.size < 0)
        return fail(f, "is gone, and the saved machine needs it", error);
    if (f->sha256 && now.size == f->size && (digest = digest_of(f->path)) &&
        g_strcmp0(digest, f->sha256) == 0)
        return true;
    return fail(f, "has changed since the save: the saved machine needs it as it was", error);
}
