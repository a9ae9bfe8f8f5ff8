/* SPDX-License-Identifier: GPL-3.0-or-later */
/* read-file.c: see read-file.h. */
#include "controller/base/read-file.h"

#include "controller/base/fd.h"

#include <errno.h>
#include <fcntl.h>

#define PIECE 65536u

static char *fail(const char *path, GError **error)
{
    int why = errno;

    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(why), "'%s': %s", path,
                g_strerror(why));
    return NULL;
}

char *read_file(const char *path, gsize most, gsize *size, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    fd_auto fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return fail(path, error);
    for (ssize_t n = 1; n != 0;) {
        guint before = bytes->len;

        if (before > most) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                        "'%s' has more than %" G_GSIZE_FORMAT " bytes", path, most);
            return NULL;
        }
        g_byte_array_set_size(bytes, before + PIECE);
        n = read(fd, bytes->data + before, PIECE);
        g_byte_array_set_size(bytes, before + (guint)MAX(n, 0));
        if (n < 0 && errno != EINTR)
            return fail(path, error);
    }
    *size = bytes->len;
    g_byte_array_append(bytes, (const guint8 *)"", 1);
    return (char *)g_byte_array_free(g_steal_pointer(&bytes), FALSE);
}
