/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * files.h: what nodes are made of, kept on each host under its content's SHA-256, so that it is
 * copied there once.
 */
#ifndef REMOTE_FILES_H
#define REMOTE_FILES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* $XDG_CACHE_HOME/metronome/files; free with g_free(). */
char *files_cache(void);

/* While a file is read: how far. False: enough of it. */
typedef bool (*FilesProgress)(uint64_t done, uint64_t size, void *data);

/* Of a file's content, in hex; free with g_free(). NULL: nobody is told of the progress. */
char *files_sha256(const char *path, uint64_t *size, FilesProgress progress, void *data,
                   GError **error);

/*
 * Where the content is, free with g_free(). `there`: a place where it may be as well, or NULL.
 * *here tells whether it is; else the path is where it is to be written to, by way of another name
 * in the same folder, which exists. A file there that has other content is removed, and so is what
 * copies that never ended have left (SHA256.…), when nobody has written to it for 10 minutes.
 */
char *files_find(const char *cache, const char *sha256, uint64_t size, const char *there,
                 bool *here, GError **error);

#endif
