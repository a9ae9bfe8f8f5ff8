/* SPDX-License-Identifier: GPL-3.0-or-later */
/* initrd.c: initrd=, zeros, the archive. What changes while it is read is refused. */
#include "controller/qemu/initrd.h"

#include "controller/base/fd.h"
#include "controller/qemu/board.h"
#include "controller/qemu/cpio.h"
#include "controller/qemu/guest-files.h"
#include "controller/qemu/option-value.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (1 << 16)
#define MIB   1048576.0

/* The end of a compressed archive has zeros behind it, up to a multiple of 4; lz4 takes four of them
 * for its end (the kernel's lib/decompress_unlz4.c). */
#define GAP 4

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FILE, fclose)

/* --- what can be known in advance --- */

static int64_t size_of(const char *path)
{
    struct stat st;

    return path && stat(path, &st) == 0 ? st.st_size : 0;
}

/* While the kernel unpacks it, the guest holds all of it twice. */
static bool check_memory(const NodeOptions *o, const GPtrArray *list, GError **error)
{
    int64_t size = guest_files_size(list), whole = size + size_of(o->initrd);

    if ((!o->memory_given && !board_of(o->machine).general) || size + whole <= o->memory)
        return true;
    return option_bad(error,
                      "files= has %.1f MiB, and the guest, with memory of %.1f MiB, needs room for "
                      "it twice: as an archive and unpacked; give it more memory=, or a disk=",
                      (double)size / MIB, (double)o->memory / MIB);
}

bool initrd_check(const NodeOptions *o, GError **error)
{
    g_autoptr(GPtrArray) list = NULL;
    const GuestFile *init;

    if (!o->files)
        return true;
    if (!o->kernel)
        return option_bad(error, "files= needs kernel=: a Linux that unpacks them");
    if (!(list = guest_files_list(o->files, error)))
        return false;
    init = guest_files_find(list, "/init");
    if (o->initrd && init)
        return option_bad(error,
                          "files='%s': '/init' in the guest is that of initrd=, which starts "
                          "everything else",
                          init->path ? init->path : o->files);
    if (!o->initrd && (!init || S_ISDIR(init->mode)))
        return option_bad(error, "files= needs initrd=, or a program that becomes '/init' in the "
                                 "guest: without it Linux starts nothing of them");
    return check_memory(o, list, error);
}

/* --- writing --- */

typedef struct {
    FILE *out;
    Cpio cpio;
    uint8_t chunk[CHUNK];
} Writer;

static bool changed(const char *path, GError **error)
{
    return option_bad(error, "'%s' changed while it was read for the guest: try again", path);
}

/* Copies a file of this size and date, to the archive or in front of it. */
static bool copy(Writer *w, const char *path, int64_t size, int64_t mtime_ns, bool archive,
                 GError **error)
{
    fd_auto fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int64_t left = size;
    struct stat st;
    ssize_t n = 0;

    while (fd >= 0 && left >= 0 && (n = read(fd, w->chunk, CHUNK)) > 0) {
        left -= n;
        if (left < 0)
            break;
        if (archive)
            cpio_add(&w->cpio, w->chunk, (size_t)n);
        else
            fwrite(w->chunk, 1, (size_t)n, w->out);
    }
    if (fd < 0 || n < 0 || fstat(fd, &st) != 0)
        return option_bad(error, "'%s': %s", path, g_strerror(errno));
    if (left != 0 || !S_ISREG(st.st_mode) ||
        st.st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + st.st_mtim.tv_nsec != mtime_ns)
        return changed(path, error);
    return true;
}

static bool copy_initrd(Writer *w, const char *path, GError **error)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return option_bad(error, "'%s': %s", path, g_strerror(errno));
    return copy(w, path, st.st_size,
                st.st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + st.st_mtim.tv_nsec, false,
                error);
}

static void fill_up(FILE *out, int64_t size)
{
    for (int64_t n = GAP + (-size & 3); n > 0; n--)
        fputc(0, out);
}

/*
 * A folder's name ends with a slash: where the guest has a link to a folder at that place (/bin ->
 * usr/bin), the kernel looks through it and leaves it, instead of putting a folder in its place
 * (clean_path() and do_name() in its init/initramfs.c; path_resolution(7)).
 */
static bool add_file(Writer *w, const GuestFile *f, GError **error)
{
    g_autofree char *name = g_strconcat(f->dest + 1, S_ISDIR(f->mode) ? "/" : "", NULL);
    size_t length = f->link ? strlen(f->link) : (size_t)f->size;

    cpio_entry(&w->cpio, name, f->mode, (uint32_t)length);
    if (f->link)
        cpio_add(&w->cpio, f->link, length);
    if (S_ISREG(f->mode) && !copy(w, f->path, f->size, f->mtime_ns, true, error))
        return false;
    cpio_entry_end(&w->cpio);
    return true;
}

static bool write_all(Writer *w, const NodeOptions *o, GError **error)
{
    g_autoptr(GPtrArray) list = guest_files_list(o->files, error);

    if (!list)
        return false;
    if (o->initrd) {
        if (!copy_initrd(w, o->initrd, error))
            return false;
        fill_up(w->out, ftello(w->out));
    }
    cpio_begin(&w->cpio, w->out);
    for (unsigned i = 0; i < list->len; i++)
        if (!add_file(w, list->pdata[i], error))
            return false;
    cpio_end(&w->cpio);
    if (fflush(w->out) == 0 && !ferror(w->out))
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "its initrd can't be written: %s",
                g_strerror(errno));
    return false;
}

bool initrd_write(const NodeOptions *o, const char *path, GError **error)
{
    g_autofree Writer *w = g_new0(Writer, 1);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    g_autoptr(FILE) out = fd >= 0 ? fdopen(fd, "w") : NULL;

    w->out = out;
    if (!out)
        g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "node %s: '%s' can't be made: %s",
                    o->name, path, g_strerror(errno));
    else if (write_all(w, o, error))
        return true;
    else
        g_prefix_error(error, "node %s: ", o->name);
    unlink(path);
    return false;
}
