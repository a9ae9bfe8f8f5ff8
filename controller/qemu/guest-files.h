/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guest-files.h: what files= names: files and folders of this host, and where a Linux guest finds
 * them. Reads folders and what files are, no contents. Any thread.
 *
 *     files=PATH[:DEST][,PATH[:DEST]]…     a backslash in front of , : or \ makes it a part of a name
 *
 * A PATH is followed to what it leads to; links in a folder stay links. DEST is what the file or the
 * folder becomes; a file whose DEST ends with / keeps its name and goes into that folder, and
 * without a DEST both become /NAME.
 */
#ifndef QEMU_GUEST_FILES_H
#define QEMU_GUEST_FILES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* One entry of the guest's file system. */
typedef struct {
    char *path; /* on this host; NULL: a folder that is there for what is below it */
    char *dest; /* absolute, without / at its end */
    char *link; /* what a symbolic link leads to, as it is; else NULL */
    mode_t mode;
    int64_t size;     /* of a file, in bytes */
    int64_t mtime_ns; /* of a file */
} GuestFile;

/* All entries by `dest`, a folder before what is in it; free with g_ptr_array_unref(). NULL: one
 * can't be given, and the error (NODE_ERROR_OPTION) names it. */
GPtrArray *guest_files_list(const char *files, GError **error);

/* Bytes of all files. */
int64_t guest_files_size(const GPtrArray *list);

/* What is at this place; NULL: nothing. Owned by the list. */
const GuestFile *guest_files_find(const GPtrArray *list, const char *dest);

/* What the entries are but for the files' contents, a line each; free with g_free(). */
char *guest_files_text(const GPtrArray *list);

/* The same files= with absolute PATHs and a DEST for each; as it is if it can't be read. Free with
 * g_free(). */
char *guest_files_whole(const char *files);

#endif
