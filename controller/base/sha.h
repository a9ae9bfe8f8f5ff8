/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sha.h: a running SHA-256 that can be written to bytes and goes on from these bytes, in this
 * process or in another one (GLib's GChecksum can't). Pure.
 */
#ifndef BASE_SHA_H
#define BASE_SHA_H

#include "controller/base/codec.h"

#include <nettle/sha2.h>

typedef struct {
    struct sha256_ctx context;
} Sha;

void sha_init(Sha *sha);
void sha_add(Sha *sha, const void *data, gsize size);

/* Number of bytes so far. */
uint64_t sha_length(const Sha *sha);

/* The digest so far as 64 hexadecimal digits; more may be added afterwards. Free with g_free(). */
char *sha_hex(const Sha *sha);

void sha_save(const Sha *sha, GByteArray *out);
void sha_load(Sha *sha, Reader *r);

#endif
