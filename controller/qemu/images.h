/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * images.h: keeps the images that a QEMU reads in the host's memory, so that none of its requests
 * waits for the host's storage: maps the files and locks them with mlock(). Also the program and
 * its libraries: a thread of QEMU that has to wait for its own code serves no request either.
 *
 * What a QEMU has open tells which images there are, with all backing files, whatever option named
 * them. A file that several nodes use is locked once. Main thread.
 */
#ifndef QEMU_IMAGES_H
#define QEMU_IMAGES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The files that one QEMU keeps locked. */
typedef struct Images Images;

/* Whether the process has images open. */
bool images_any(pid_t pid);

/* Locks the files that process `pid` has open and executes. *why: the first image that does not lie
 * in memory for good, and the reason, to be freed with g_free(); NULL: all do. */
Images *images_lock(pid_t pid, char **why);

/* Unlocks those that no other QEMU uses. NULL is allowed. */
void images_free(Images *images);

/* Whether a file of this size fits into the host's memory. *why: text, to be freed with g_free(). */
bool images_fit(uint64_t bytes, char **why);

/* Bytes of a file that are data, not holes; 0 if it can't be read. */
uint64_t images_size(const char *path);

/* Whether the folder is in memory (tmpfs). */
bool images_is_memory(const char *folder);

#endif
