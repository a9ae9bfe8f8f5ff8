/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fd.h: a file descriptor that closes itself when the variable goes out of scope; -1 means no
 * descriptor.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <unistd.h>

static inline void fd_clear(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static inline int fd_steal(int *fd)
{
    int stolen = *fd;

    *fd = -1;
    return stolen;
}

#define fd_auto __attribute__((cleanup(fd_clear))) int

#endif
