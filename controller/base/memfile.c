/* SPDX-License-Identifier: GPL-3.0-or-later */
/* memfile.c: copies by the data extents of a file (lseek(2), SEEK_DATA), a chunk at a time. */
#include "controller/base/memfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE  4096
#define CHUNK ((size_t)1 << 17) /* stays in a cache of the CPU */

static bool fail(const char *what, GError **error)
{
    int number = errno;

    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(number), "%s: %s", what,
                g_strerror(number));
    return false;
}

int memfile_new(const char *name, int64_t size, GError **error)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd >= 0 && ftruncate(fd, size) == 0)
        return fd;
    fail("can't make a file in memory", error);
    if (fd >= 0)
        close(fd);
    return -1;
}

bool memfile_is_zero(const void *data, size_t size)
{
    const char *bytes = data;

    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

bool memfile_write(int fd, const void *data, size_t size, off_t at)
{
    const char *bytes = data;

    while (size > 0) {
        ssize_t n = pwrite(fd, bytes, size, at);

        if (n < 0 && errno != EINTR)
            return false;
        bytes += MAX(n, 0);
        at += MAX(n, 0);
        size -= (size_t)MAX(n, 0);
    }
    return true;
}

/* Writes the parts of a chunk that are not pages of zeros, each run of pages at once. */
static bool write_chunk(int to, const char *data, size_t size, off_t at)
{
    size_t begin = 0, next;

    for (size_t i = 0; i < size; i = next) {
        next = MIN(i + PAGE, size);
        if (!memfile_is_zero(data + i, next - i)) {
            if (next < size)
                continue;
            i = size;
        }
        if (!memfile_write(to, data + begin, i - begin, at + (off_t)begin))
            return false;
        begin = next;
    }
    return true;
}

static bool copy_extent(int from, int to, char *chunk, off_t at, off_t end)
{
    while (at < end) {
        ssize_t n = pread(from, chunk, MIN(CHUNK, (size_t)(end - at)), at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 ? EIO : errno; /* shorter than it said */
            return false;
        }
        if (!write_chunk(to, chunk, (size_t)n, at))
            return false;
        at += n;
    }
    return true;
}

bool memfile_copy(int from, int to, GError **error)
{
    g_autofree char *chunk = g_malloc(CHUNK);
    struct stat about;
    off_t at = 0, end;

    if (fstat(from, &about) != 0 || ftruncate(to, about.st_size) != 0)
        return fail("can't copy to memory", error);
    while ((at = lseek(from, at, SEEK_DATA)) >= 0) {
        end = lseek(from, at, SEEK_HOLE);
        if (end < 0 || !copy_extent(from, to, chunk, at, end))
            return fail("can't copy to memory", error);
        at = end;
    }
    return errno == ENXIO || fail("can't copy to memory", error); /* ENXIO: no data behind `at` */
}

ssize_t memfile_read(int fd, off_t from, void *out, size_t size, int64_t *at, GError **error)
{
    off_t begin = lseek(fd, from, SEEK_DATA), end = begin < 0 ? -1 : lseek(fd, begin, SEEK_HOLE);
    ssize_t n;

    *at = begin < 0 ? from : begin;
    if (begin < 0 && errno == ENXIO) /* no data behind `from` */
        return 0;
    do
        n = end < 0 ? -1 : pread(fd, out, MIN(size, (size_t)(end - begin)), begin);
    while (n < 0 && end >= 0 && errno == EINTR);
    if (n < 0)
        fail("can't read a file in memory", error);
    return n;
}

bool memfile_seal(int fd, GError **error)
{
    return fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK) == 0 ||
           fail("can't seal a file in memory", error);
}
