/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-line-proof.c: whatever a stranger sends, and however it is cut, no side believes it; no byte
 * beyond the present part is asked for; and a listener says a nonce at most, and that only to a
 * greeting.
 *
 * The first byte chooses the side; each further part begins with a byte that has its size.
 */
#include "controller/remote/line-proof.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const uint8_t secret[LINE_SECRET] = "nobody can guess this secret....";
    static const uint8_t nonce[LINE_NONCE] = "nor is this nonce used twice....";
    const uint8_t *at = bytes + 1, *end = bytes + len;
    gsize said = 0, heard = 0;
    LineAnswer answer;
    LineProof p;

    if (len < 1)
        return 0;
    line_proof_begin(&p, bytes[0] & 1, secret, nonce, &answer);
    demand(answer.size == (p.connects ? LINE_PART : 0));
    while (p.result == LINE_PROOF_MORE && end - at >= 2) {
        gsize size = MIN(MIN((gsize)*at, line_proof_lacks(&p)), (gsize)(end - at - 1));

        demand(line_proof_lacks(&p) > 0 && line_proof_lacks(&p) <= LINE_PART);
        at++;
        if (size == 0)
            continue;
        line_proof_feed(&p, at, size, &answer);
        at += size;
        heard += size;
        said += answer.size;
        demand(answer.size <= LINE_PART);
    }
    demand(p.result != LINE_PROOF_DONE);
    demand(said == 0 || heard >= LINE_NONCE);
    demand(said <= LINE_NONCE);
    demand((line_proof_lacks(&p) == 0) == (p.result == LINE_PROOF_REFUSED));
    return 0;
}
