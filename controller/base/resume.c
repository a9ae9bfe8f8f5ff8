/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resume.c: compares the beginning of a file with a digest, and cuts off what is behind it. */
#include "controller/base/resume.h"

#include "controller/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define CHUNK 65536

static bool begins_with(int fd, const Sha *written)
{
    g_autofree char *expected = sha_hex(written), *found = NULL;
    g_autofree uint8_t *chunk = g_malloc(CHUNK);
    uint64_t left = sha_length(written);
    Sha sha;

    sha_init(&sha);
    while (left > 0) {
        ssize_t n = read(fd, chunk, (size_t)MIN(left, CHUNK));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        sha_add(&sha, chunk, (gsize)n);
        left -= (uint64_t)n;
    }
    found = sha_hex(&sha);
    return strcmp(found, expected) == 0;
}

int resume_file(const char *path, const Sha *written)
{
    fd_auto fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
        (uint64_t)st.st_size < sha_length(written) || !begins_with(fd, written) ||
        ftruncate(fd, (off_t)sha_length(written)) != 0)
        return -1;
    return fd_steal(&fd);
}
