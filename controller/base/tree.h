/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tree.h: removes a directory with its contents, and nothing else.
 *
 * Links are removed, not followed. A directory with a mount on it stays, with its contents, and so
 * do the directories above.
 */
#ifndef BASE_TREE_H
#define BASE_TREE_H

#include <stdbool.h>
#include <sys/types.h>

/* Identity of a directory, so that another directory under the same name is left alone. */
typedef struct {
    dev_t device;
    ino_t inode;
} TreeId;

/* Returns the identity of an open directory. */
bool tree_id(int fd, TreeId *out);

/* Removes the directory. only: removes the directory only with this identity; NULL: removes any
 * directory. */
void tree_remove(const char *path, const TreeId *only);

#endif
