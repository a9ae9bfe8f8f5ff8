/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sha.c: Nettle's SHA-256, whose context is an open struct, as bytes. */
#include "controller/base/sha.h"

#include <string.h>

void sha_init(Sha *sha)
{
    memset(sha, 0, sizeof(*sha)); /* no byte of a saved state is left to chance */
    sha256_init(&sha->context);
}

void sha_add(Sha *sha, const void *data, gsize size)
{
    if (size > 0)
        sha256_update(&sha->context, size, data);
}

uint64_t sha_length(const Sha *sha)
{
    return sha->context.count * SHA256_BLOCK_SIZE + sha->context.index;
}

/* Reading a digest begins a new one, so this function reads a copy. */
char *sha_hex(const Sha *sha)
{
    struct sha256_ctx copy = sha->context;
    uint8_t digest[SHA256_DIGEST_SIZE];
    char *text = g_malloc(2 * sizeof(digest) + 1);

    sha256_digest(&copy, sizeof(digest), digest);
    for (unsigned i = 0; i < sizeof(digest); i++)
        g_snprintf(text + (gsize)2 * i, 3, "%02x", digest[i]);
    return text;
}

void sha_save(const Sha *sha, GByteArray *out)
{
    const struct sha256_ctx *c = &sha->context;

    for (unsigned i = 0; i < G_N_ELEMENTS(c->state); i++)
        put_u32(out, c->state[i]);
    put_u64(out, c->count);
    put_bytes(out, c->block, c->index);
}

void sha_load(Sha *sha, Reader *r)
{
    struct sha256_ctx *c = &sha->context;
    const uint8_t *rest;
    gsize size;

    sha_init(sha);
    for (unsigned i = 0; i < G_N_ELEMENTS(c->state); i++)
        c->state[i] = get_u32(r);
    c->count = get_u64(r);
    rest = get_bytes(r, &size);
    if (!rest || size >= sizeof(c->block)) {
        r->bad = true;
        return;
    }
    memcpy(c->block, rest, size);
    c->index = (unsigned)size;
}
