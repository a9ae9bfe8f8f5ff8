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

/* --- copies --- */

typedef struct {
    int from, to;
    bool used;   /* `to` had data before: what is zero has to be cleared there */
    char *chunk; /* CHUNK bytes */
} Copy;

/* Makes this part of `to`, which ends at the end of a page or of the file, zeros that take no
 * memory. */
static bool clear(const Copy *c, off_t at, off_t end)
{
    off_t size = (end - at + PAGE - 1) / PAGE * PAGE;

    return !c->used || size == 0 ||
           fallocate(c->to, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, size) == 0;
}

static bool put_run(const Copy *c, bool zeros, size_t begin, size_t end, off_t at)
{
    if (zeros)
        return clear(c, at + (off_t)begin, at + (off_t)end);
    return memfile_write(c->to, c->chunk + begin, end - begin, at + (off_t)begin);
}

/* Writes a chunk, each run of pages at once: those of zeros are cleared. */
static bool write_chunk(const Copy *c, size_t size, off_t at)
{
    bool zeros = memfile_is_zero(c->chunk, MIN(PAGE, size));
    size_t begin = 0;

    for (size_t i = PAGE; i < size; i += PAGE) {
        if (memfile_is_zero(c->chunk + i, MIN(PAGE, size - i)) == zeros)
            continue;
        if (!put_run(c, zeros, begin, i, at))
            return false;
        zeros = !zeros;
        begin = i;
    }
    return put_run(c, zeros, begin, size, at);
}

static bool copy_extent(const Copy *c, off_t at, off_t end)
{
    while (at < end) {
        ssize_t n = pread(c->from, c->chunk, MIN(CHUNK, (size_t)(end - at)), at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 ? EIO : errno; /* shorter than it said */
            return false;
        }
        if (!write_chunk(c, (size_t)n, at))
            return false;
        at += n;
    }
    return true;
}

static bool copy_all(const Copy *c, off_t size)
{
    off_t at = 0, begin, end;

    while ((begin = lseek(c->from, at, SEEK_DATA)) >= 0) {
        end = lseek(c->from, begin, SEEK_HOLE);
        if (end < 0 || !clear(c, at, begin) || !copy_extent(c, begin, end))
            return false;
        at = end;
    }
    return errno == ENXIO && clear(c, at, size); /* ENXIO: no data behind `at` */
}

bool memfile_copy(int from, int to, GError **error)
{
    g_autofree char *chunk = g_malloc(CHUNK);
    const Copy c = {from, to, lseek(to, 0, SEEK_DATA) >= 0, chunk};
    struct stat about;

    return (fstat(from, &about) == 0 && ftruncate(to, about.st_size) == 0 &&
            copy_all(&c, about.st_size)) ||
           fail("can't copy to memory", error);
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
