/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prng.c: xoshiro256** and splitmix64. */
#include "controller/network/prng.h"

#include "controller/network/digest.h"

#include <string.h>

uint64_t prng_splitmix64(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void prng_seed(Prng *prng, uint64_t seed, const char *name, unsigned direction)
{
    uint64_t state = digest64(name, strlen(name), seed);

    /* The directions of a link use consecutive pieces of one splitmix64 sequence. */
    for (unsigned i = 0; i < 4 * direction; i++)
        (void)prng_splitmix64(&state);
    for (unsigned i = 0; i < 4; i++)
        prng->s[i] = prng_splitmix64(&state);
}

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return (x << bits) | (x >> (64 - bits));
}

uint64_t prng_next(Prng *prng)
{
    uint64_t *s = prng->s, result = rotate(s[1] * 5, 7) * 9, shifted = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t prng_scale(uint64_t bits, uint64_t max)
{
    __extension__ typedef unsigned __int128 Wide;

    return (uint64_t)(((Wide)bits * ((Wide)max + 1)) >> 64);
}
