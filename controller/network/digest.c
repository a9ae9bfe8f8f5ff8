/* SPDX-License-Identifier: GPL-3.0-or-later */
/* digest.c: XXH64. Reads little-endian on every machine, so digests are the same everywhere. */
#include "controller/network/digest.h"

#include <glib.h>
#include <string.h>

#define P1 UINT64_C(0x9e3779b185ebca87)
#define P2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define P3 UINT64_C(0x165667b19e3779f9)
#define P4 UINT64_C(0x85ebca77c2b2ae63)
#define P5 UINT64_C(0x27d4eb2f165667c5)

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return (x << bits) | (x >> (64 - bits));
}

static uint64_t read64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return GUINT64_FROM_LE(v);
}

static uint32_t read32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return GUINT32_FROM_LE(v);
}

static uint64_t mix_in(uint64_t lane, uint64_t word)
{
    return rotate(lane + word * P2, 31) * P1;
}

static uint64_t merge(uint64_t hash, uint64_t lane)
{
    return (hash ^ mix_in(0, lane)) * P1 + P4;
}

/* Digests all whole stripes of 32 bytes, in four lanes; advances *p. */
static uint64_t stripes(const uint8_t **p, const uint8_t *end, uint64_t seed)
{
    uint64_t a = seed + P1 + P2, b = seed + P2, c = seed, d = seed - P1, hash;

    for (; end - *p >= 32; *p += 32) {
        a = mix_in(a, read64(*p));
        b = mix_in(b, read64(*p + 8));
        c = mix_in(c, read64(*p + 16));
        d = mix_in(d, read64(*p + 24));
    }
    hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
    return merge(merge(merge(merge(hash, a), b), c), d);
}

uint64_t digest64(const void *data, size_t size, uint64_t seed)
{
    const uint8_t *p = data, *end = p + size;
    uint64_t hash = seed + P5;

    if (size >= 32)
        hash = stripes(&p, end, seed);
    hash += size;
    for (; end - p >= 8; p += 8)
        hash = rotate(hash ^ mix_in(0, read64(p)), 27) * P1 + P4;
    for (; end - p >= 4; p += 4)
        hash = rotate(hash ^ (read32(p) * P1), 23) * P2 + P3;
    for (; p < end; p++)
        hash = rotate(hash ^ (*p * P5), 11) * P1;
    hash = (hash ^ (hash >> 33)) * P2;
    hash = (hash ^ (hash >> 29)) * P3;
    return hash ^ (hash >> 32);
}
