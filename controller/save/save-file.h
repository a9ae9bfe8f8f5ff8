/* SPDX-License-Identifier: GPL-3.0-or-later */
/* save-file.h: the files that nodes name, such as kernels and images. A save does not copy them; it
 * knows them by their digests, and a file that has changed is refused. */
#ifndef SAVE_SAVE_FILE_H
#define SAVE_SAVE_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    char *path;             /* absolute; or see save_file_new_listing() */
    int64_t size, mtime_ns; /* when the save was made */
    uint64_t device, inode;
    char *sha256; /* in hex; NULL: not computed */
} SaveFile;

void save_file_free(void *file);

/* Looks at the file as it is now; never NULL: a file that is gone has size -1. */
SaveFile *save_file_new(const char *path);

/* The same of what files= names (guest-files.h), without the contents of the files: their places in
 * the guest, modes and links. `path` is then "files=" and all that files= says. NULL: they can't be
 * looked at. */
SaveFile *save_file_new_listing(const char *files, GError **error);

/* Computes the digest unless it is known. Takes about a second for each GB. */
bool save_file_digest(SaveFile *file, GError **error);

/* Whether the file is still what it was. Reads all of it only if its date, size or place differ. */
bool save_file_check(const SaveFile *file, GError **error);

#endif
