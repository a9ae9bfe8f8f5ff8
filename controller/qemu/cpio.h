/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cpio.h: writes a cpio archive of the format "newc", as Linux unpacks an initramfs from it (the
 * kernel's Documentation/driver-api/early-userspace/buffer-format.rst, init/initramfs.c). The bytes
 * depend on the calls alone: all times are 0, all owners root, inodes numbered in their order. Any
 * thread.
 */
#ifndef QEMU_CPIO_H
#define QEMU_CPIO_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* A name may have this many bytes, its end included (PATH_MAX there); a file CPIO_MAX_SIZE. */
#define CPIO_MAX_NAME 4096
#define CPIO_MAX_SIZE UINT32_MAX

typedef struct {
    FILE *file;
    uint32_t inode;  /* of the last entry */
    uint64_t length; /* of the archive so far */
} Cpio;

/* An archive begins at the file's place, which is a multiple of 4. */
void cpio_begin(Cpio *cpio, FILE *file);

/* Begins an entry: of `size` bytes that follow by cpio_add(). mode: type and permissions. A failed
 * write is found by ferror(). */
void cpio_entry(Cpio *cpio, const char *name, mode_t mode, uint32_t size);
void cpio_add(Cpio *cpio, const void *data, size_t size);

/* Ends an entry's bytes. */
void cpio_entry_end(Cpio *cpio);

/* Ends the archive. */
void cpio_end(Cpio *cpio);

#endif
