/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resume.h: opens a file that was being written when its state was saved, to be written on from
 * there. What was written to it since then goes.
 */
#ifndef BASE_RESUME_H
#define BASE_RESUME_H

#include "controller/base/sha.h"

/* `written`: the digest of what the file held then. Returns a descriptor that stands behind these
 * bytes, where the file now ends; -1 if there is no regular file at `path` that begins with them,
 * which then stays as it is. */
int resume_file(const char *path, const Sha *written);

#endif
