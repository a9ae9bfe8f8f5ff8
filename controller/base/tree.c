/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tree.c: removes a tree by descriptors, so that a directory renamed meanwhile can't lead the
 * removal elsewhere.
 */
#include "controller/base/tree.h"

#include "controller/base/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reports whether a mount is on the directory; detects bind mounts of the same file system, too,
 * which a device number would not show. */
static bool is_mount(int fd)
{
    struct statx st;

    return statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_INO, &st) != 0 ||
           (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

static int open_directory(int parent, const char *name)
{
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Removes the contents of a directory. Takes over fd. */
static void remove_content(int fd)
{
    DIR *dir = fdopendir(fd);

    if (!dir) {
        close(fd);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(dir));) {
        fd_auto inner = -1;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        inner = open_directory(dirfd(dir), entry->d_name);
        if (inner < 0) {
            unlinkat(dirfd(dir), entry->d_name, 0);
        } else if (!is_mount(inner)) {
            remove_content(fd_steal(&inner));
            unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
        }
    }
    closedir(dir);
}

bool tree_id(int fd, TreeId *out)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return false;
    *out = (TreeId){st.st_dev, st.st_ino};
    return true;
}

void tree_remove(const char *path, const TreeId *only)
{
    fd_auto fd = open_directory(AT_FDCWD, path);
    TreeId found;

    if (fd < 0 || is_mount(fd) || !tree_id(fd, &found) ||
        (only && (found.device != only->device || found.inode != only->inode)))
        return;
    remove_content(fd_steal(&fd));
    rmdir(path);
}
