/* SPDX-License-Identifier: GPL-3.0-or-later */
/* data-view.c: asks for extents as it comes to them (lseek(2), SEEK_DATA). */
#include "controller/base/data-view.h"

#include <errno.h>
#include <glib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool data_view_open(DataView *v, int fd)
{
    struct stat about;
    void *at;

    if (fstat(fd, &about) != 0)
        return false;
    *v = (DataView){.fd = fd, .size = (size_t)about.st_size};
    if (v->size == 0)
        return true;
    at = mmap(NULL, v->size, PROT_READ, MAP_SHARED, fd, 0);
    v->bytes = at == MAP_FAILED ? NULL : at;
    return v->bytes;
}

void data_view_close(const DataView *v)
{
    if (v->bytes)
        munmap((void *)v->bytes, v->size);
}

bool data_view_has(DataView *v, size_t at, bool *has)
{
    off_t data, hole;

    if (at >= v->hole) {
        data = lseek(v->fd, (off_t)at, SEEK_DATA);
        if (data < 0 && errno != ENXIO)
            return false;
        hole = data < 0 ? (off_t)v->size : lseek(v->fd, data, SEEK_HOLE);
        if (hole < 0)
            return false;
        v->data = data < 0 ? v->size : (size_t)data;
        v->hole = (size_t)hole;
    }
    *has = at >= v->data;
    return true;
}
