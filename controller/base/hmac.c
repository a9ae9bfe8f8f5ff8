/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hmac.c: Nettle's HMAC-SHA256 and its comparison, and getrandom(2), which is whole up to 256
 * bytes. */
#include "controller/base/hmac.h"

#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <sys/random.h>

void hmac_sha256(const uint8_t *key, gsize key_size, const uint8_t *data, gsize size,
                 uint8_t out[HMAC_SIZE])
{
    struct hmac_sha256_ctx context;

    hmac_sha256_set_key(&context, key_size, key);
    hmac_sha256_update(&context, size, data);
    hmac_sha256_digest(&context, HMAC_SIZE, out);
}

bool hmac_equal(const uint8_t a[HMAC_SIZE], const uint8_t b[HMAC_SIZE])
{
    return memeql_sec(a, b, HMAC_SIZE) != 0;
}

bool random_bytes(uint8_t *out, gsize size)
{
    return getrandom(out, size, 0) == (gssize)size;
}
