/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tree.h: removes a directory with all that is in it, and nothing else.
 *
 * Links are removed, not followed. A directory on which something is mounted stays, with what is in
 * it, and so do the directories above it.
 */
#ifndef BASE_TREE_H
#define BASE_TREE_H

#include <stdbool.h>
#include <sys/types.h>

/* Which directory a name leads to, so that another one under the same name is left alone. */
typedef struct {
    dev_t device;
    ino_t inode;
} TreeId;

/* The identity of an open directory. */
bool tree_id(int fd, TreeId *out);

/* Removes the directory. only: if this is what lies there; NULL: whatever directory does. */
void tree_remove(const char *path, const TreeId *only);

#endif
