/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cpio.c: a header of 110 bytes, the name with its end, the data; each is filled up to 4 bytes. */
#include "controller/qemu/cpio.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define ALIGN 4

void cpio_begin(Cpio *cpio, FILE *file)
{
    *cpio = (Cpio){.file = file};
}

void cpio_add(Cpio *cpio, const void *data, size_t size)
{
    cpio->length += fwrite(data, 1, size, cpio->file);
}

void cpio_entry_end(Cpio *cpio)
{
    static const char zeros[ALIGN];

    cpio_add(cpio, zeros, -cpio->length % ALIGN);
}

static void add_header(Cpio *cpio, uint32_t inode, uint32_t mode, uint32_t size, const char *name)
{
    char header[128];
    /* More than one link would make the kernel look for the others. */
    uint32_t links = S_ISDIR(mode) ? 2 : 1, length = (uint32_t)strlen(name) + 1;
    /* owner, group, links, time, size, device of the file, device that it is, name, checksum */
    int n = snprintf(header, sizeof(header),
                     "070701%08" PRIX32 "%08" PRIX32 "%08X%08X%08" PRIX32 "%08X%08" PRIX32
                     "%08X%08X%08X%08X%08" PRIX32 "%08X",
                     inode, mode, 0, 0, links, 0, size, 0, 0, 0, 0, length, 0);

    cpio_add(cpio, header, (size_t)n);
    cpio_add(cpio, name, length);
    cpio_entry_end(cpio);
}

void cpio_entry(Cpio *cpio, const char *name, mode_t mode, uint32_t size)
{
    add_header(cpio, ++cpio->inode, mode, size, name);
}

void cpio_end(Cpio *cpio)
{
    add_header(cpio, 0, 0, 0, "TRAILER!!!");
}
