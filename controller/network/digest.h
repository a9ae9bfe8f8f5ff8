/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * digest.h: a fast 64-bit digest of bytes, to distinguish frames in a trace. The digest is XXH64
 * (algorithm by Yann Collet, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md),
 * written anew from its specification, so any tool with XXH64 can check a trace. The digest is not
 * proof against forgery.
 */
#ifndef NETWORK_DIGEST_H
#define NETWORK_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* Returns XXH64 of `size` bytes with this seed (0 for frames). `data` is never NULL. */
uint64_t digest64(const void *data, size_t size, uint64_t seed);

#endif
