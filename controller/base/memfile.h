/* SPDX-License-Identifier: GPL-3.0-or-later */
/* memfile.h: files without a name in memory (memfd_create(2)). They end with their descriptors, so
 * nothing of them is left behind however this program ends. Any thread. */
#ifndef BASE_MEMFILE_H
#define BASE_MEMFILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Makes an empty file of this size that takes no memory yet. `name` is for /proc. -1 with an error
 * of G_FILE_ERROR; close the descriptor with close(). */
int memfile_new(const char *name, int64_t size, GError **error);

/* Makes `to`, a file in memory, equal to the file `from`. Pages of zeros take no memory in `to`;
 * memory that it has for other pages is used again. */
bool memfile_copy(int from, int to, GError **error);

/* Writes all of the bytes at this place; false: errno says why. */
bool memfile_write(int fd, const void *data, size_t size, off_t at);

/* Whether all bytes are 0; size: above 0. */
bool memfile_is_zero(const void *data, size_t size);

/* From now on nobody can write to the file or change its size. Mappings that are private can still
 * be written to. */
bool memfile_seal(int fd, GError **error);

/* Reads the first data at or behind `from`, up to `size` bytes: *at says where. Returns their number;
 * 0: there are only zeros behind it; -1: it failed. */
ssize_t memfile_read(int fd, off_t from, void *out, size_t size, int64_t *at, GError **error);

#endif
