/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pages.h: a file in memory as a file on disk, without its pages of zeros and without holes, so that
 * any program can copy it. Pure but for the descriptors.
 *
 * The file: the words "metronome pages 1\n", u64 size of the file in memory, then for each run of
 * pages that are not all zeros: u64 place, u64 length, the bytes. Numbers are little-endian.
 */
#ifndef SAVE_PAGES_H
#define SAVE_PAGES_H

#include "controller/base/page-store.h"

#include <glib.h>
#include <stdbool.h>

/* Writes the file in memory `from` to the empty file `to`. Returns the SHA-256 of what was written,
 * in hex; free with g_free(). NULL, with an error of G_FILE_ERROR: it can't be written. */
char *pages_write(int from, int to, GError **error);
/* The same of stored pages: the same bytes as of a file that they fill. */
char *pages_write_stored(const StoredPages *from, int to, GError **error);

/* Reads such a file from `from` into the empty file in memory `to`. False: it can't be read, or its
 * SHA-256 is not this one, or it is no such file. */
bool pages_read(int from, int to, const char *sha256, GError **error);

#endif
