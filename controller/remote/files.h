/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * files.h: the files that nodes are made of. Each host keeps a file under the SHA-256 of its
 * content, so that the file is copied to the host once. Any thread.
 */
#ifndef REMOTE_FILES_H
#define REMOTE_FILES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* $XDG_CACHE_HOME/metronome/files; free with g_free(). */
char *files_cache(void);

/* Called while a file is read, with the number of bytes read so far. False: stop reading. */
typedef bool (*FilesProgress)(uint64_t done, uint64_t size, void *data);

/* SHA-256 of a file's content, in hex; free with g_free(). *size: the file's size. progress may be
 * NULL. */
char *files_sha256(const char *path, uint64_t *size, FilesProgress progress, void *data,
                   GError **error);

/*
 * The path of a file with this content and size; free with g_free(). `sender_path`: another place
 * to look first, or NULL. *exists is true if the file exists. Else the path is in the folder
 * `cache`, which is made if needed, and the caller has to write the file under another name in the
 * same folder and rename it. A file at this path with other content is removed. Parts of copies
 * that never ended (SHA256.…) are removed when nothing was written to them for 10 minutes.
 */
char *files_find(const char *cache, const char *sha256, uint64_t size, const char *sender_path,
                 bool *exists, GError **error);

#endif
