/* SPDX-License-Identifier: GPL-3.0-or-later */
/* memory-file.h: files in memory, for tests of what is kept in them. */
#ifndef TESTS_LIB_MEMORY_FILE_H
#define TESTS_LIB_MEMORY_FILE_H

#include "controller/base/memfile.h"

#include <sys/stat.h>
#include <unistd.h>

/* A new file of zeros. */
static inline int memory(off_t size)
{
    g_autoptr(GError) error = NULL;
    int fd = memfile_new("test", size, &error);

    g_assert_no_error(error);
    return fd;
}

static inline void write_all(int fd, const void *data, size_t size, off_t at)
{
    g_assert_cmpint(pwrite(fd, data, size, at), ==, (ssize_t)size);
}

static inline struct stat status_of(int fd)
{
    struct stat status;

    g_assert_cmpint(fstat(fd, &status), ==, 0);
    return status;
}

static inline off_t size_of(int fd)
{
    return status_of(fd).st_size;
}

static inline blkcnt_t blocks_of(int fd)
{
    return status_of(fd).st_blocks;
}

#endif
