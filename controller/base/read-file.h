/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * read-file.h: reads a file that a user has named, whatever it is: a FIFO and /dev/stdin end, but
 * /dev/zero does not.
 */
#ifndef BASE_READ_FILE_H
#define BASE_READ_FILE_H

#include <glib.h>

/* Its bytes, with a NUL behind them; free with g_free(). NULL with a GFileError that names the path:
 * it can't be read, or has more than `most` bytes. Waits until the file has ended. */
char *read_file(const char *path, gsize most, gsize *size, GError **error);

#endif
