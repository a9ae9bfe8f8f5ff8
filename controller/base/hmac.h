/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hmac.h: HMAC-SHA256 (RFC 2104), a comparison that takes the same time for all values, and random
 * bytes for secrets. Any thread. */
#ifndef BASE_HMAC_H
#define BASE_HMAC_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define HMAC_SIZE 32

void hmac_sha256(const uint8_t *key, gsize key_size, const uint8_t *data, gsize size,
                 uint8_t out[HMAC_SIZE]);

/* Whether two digests are equal. The time that this takes tells nothing about where they differ. */
bool hmac_equal(const uint8_t a[HMAC_SIZE], const uint8_t b[HMAC_SIZE]);

/* Fills `out` with at most 256 bytes of the kernel's random numbers (getrandom(2)). False, with
 * errno: there are none. */
bool random_bytes(uint8_t *out, gsize size);

#endif
