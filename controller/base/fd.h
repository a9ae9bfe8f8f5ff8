/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fd.h: a file descriptor that closes itself when it goes out of scope; -1 is none. */
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
