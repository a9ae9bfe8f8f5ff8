/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line-proof.c: the steps of the proof. A greeting is refused at its first wrong byte. */
#include "controller/remote/line-proof.h"

#include <string.h>

#define GREETING (sizeof(LINE_GREETING) - 1)
#define LABEL    8

static void digest(const LineProof *p, bool connects, uint8_t out[HMAC_SIZE])
{
    uint8_t text[LABEL + sizeof(p->nonces)];

    memcpy(text, connects ? "connects" : "listens ", LABEL);
    memcpy(text + LABEL, p->nonces, sizeof(p->nonces));
    hmac_sha256(p->secret, LINE_SECRET, text, sizeof(text), out);
}

static void answer_with(LineAnswer *answer, const void *data, gsize size)
{
    memcpy(answer->data + answer->size, data, size);
    answer->size += size;
}

static void answer_digest(const LineProof *p, LineAnswer *answer)
{
    digest(p, p->connects, answer->data);
    answer->size = HMAC_SIZE;
}

void line_proof_begin(LineProof *p, bool connects, const uint8_t *secret, const uint8_t *nonce,
                      LineAnswer *answer)
{
    *p = (LineProof){.connects = connects, .result = LINE_PROOF_MORE};
    memcpy(p->secret, secret, LINE_SECRET);
    memcpy(p->nonces[connects ? 0 : 1], nonce, LINE_NONCE);
    answer->size = 0;
    if (!connects)
        return;
    answer_with(answer, LINE_GREETING, GREETING);
    answer_with(answer, nonce, LINE_NONCE);
}

static gsize part_size(const LineProof *p)
{
    if (p->stage > 0)
        return HMAC_SIZE;
    return p->connects ? LINE_NONCE : GREETING + LINE_NONCE;
}

gsize line_proof_lacks(const LineProof *p)
{
    return p->result == LINE_PROOF_MORE ? part_size(p) - p->read : 0;
}

static bool greets(const LineProof *p)
{
    return p->connects || p->stage > 0 ||
           memcmp(p->part, LINE_GREETING, MIN(p->read, GREETING)) == 0;
}

/* The other side's first part: its nonce. */
static void take_nonce(LineProof *p, LineAnswer *answer)
{
    memcpy(p->nonces[p->connects ? 1 : 0], p->part + (p->connects ? 0 : GREETING), LINE_NONCE);
    if (p->connects)
        answer_digest(p, answer);
    else
        answer_with(answer, p->nonces[1], LINE_NONCE);
}

/* The other side's second part: its proof. */
static LineProofResult take_digest(const LineProof *p, LineAnswer *answer)
{
    uint8_t expected[HMAC_SIZE];

    digest(p, !p->connects, expected);
    if (!hmac_equal(expected, p->part))
        return LINE_PROOF_REFUSED;
    if (!p->connects)
        answer_digest(p, answer);
    return LINE_PROOF_DONE;
}

LineProofResult line_proof_feed(LineProof *p, const uint8_t *data, gsize size, LineAnswer *answer)
{
    answer->size = 0;
    g_assert(size > 0 && size <= line_proof_lacks(p));
    memcpy(p->part + p->read, data, size);
    p->read += size;
    if (!greets(p)) {
        p->result = LINE_PROOF_REFUSED;
    } else if (p->read == part_size(p)) {
        p->read = 0;
        if (p->stage++ == 0)
            take_nonce(p, answer);
        else
            p->result = take_digest(p, answer);
    }
    return p->result;
}
