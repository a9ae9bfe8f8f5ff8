/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prng.h: the random numbers of the virtual network. Pure: the same seed gives the same numbers on
 * every machine, for ever, because packet traces are compared across runs.
 *
 * xoshiro256** 1.0, seeded through splitmix64, both by David Blackman and Sebastiano Vigna
 * (https://prng.di.unimi.it/, public domain), written anew from their description.
 */
#ifndef NETWORK_PRNG_H
#define NETWORK_PRNG_H

#include <stdint.h>

typedef struct {
    uint64_t s[4];
} Prng;

/* Makes one step of splitmix64: advances *state and returns the next number. */
uint64_t prng_splitmix64(uint64_t *state);

/* Seeds a generator of its own for each (seed, name, direction); no generator depends on the number
 * of others. */
void prng_seed(Prng *prng, uint64_t seed, const char *name, unsigned direction);

/* Returns 64 random bits. */
uint64_t prng_next(Prng *prng);

/* Maps 64 random bits onto 0 … max, each about equally likely (off by at most max/2^64). */
uint64_t prng_scale(uint64_t bits, uint64_t max);

#endif
