/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * line-proof.h: how the two ends of a TCP connection prove to each other that they know a secret.
 * Pure: bytes in, bytes out. The secret itself is never sent.
 *
 *   the side that connects            the side that listens
 *   LINE_GREETING, nonce A        ->
 *                                 <-  nonce B
 *   HMAC("connects", A, B)        ->
 *                                 <-  HMAC("listens ", A, B)
 *
 * All parts have a fixed size, so a side never reads a byte that belongs to what follows. The side
 * that listens says nothing but a random number to a stranger. Each secret is for one connection.
 */
#ifndef REMOTE_LINE_PROOF_H
#define REMOTE_LINE_PROOF_H

#include "controller/base/hmac.h"

#define LINE_GREETING "metronome line 1" /* without the NUL at its end */
#define LINE_SECRET   32
#define LINE_NONCE    32
/* Most bytes that one part has. */
#define LINE_PART (sizeof(LINE_GREETING) - 1 + LINE_NONCE)

typedef enum {
    LINE_PROOF_MORE,    /* the other side has to say more */
    LINE_PROOF_DONE,    /* the other side knows the secret, and has the proof that this one does */
    LINE_PROOF_REFUSED, /* the other side does not know the secret */
} LineProofResult;

typedef struct {
    bool connects;
    unsigned stage; /* how many parts of the other side were read */
    uint8_t secret[LINE_SECRET];
    uint8_t nonces[2][LINE_NONCE]; /* A, B */
    uint8_t part[LINE_PART];       /* what was read of the present part */
    gsize read;
    LineProofResult result;
} LineProof;

/* Bytes to be sent. */
typedef struct {
    uint8_t data[LINE_PART];
    gsize size;
} LineAnswer;

/* Begins. nonce: LINE_NONCE random bytes of this side. answer: what to send first, if anything. */
void line_proof_begin(LineProof *proof, bool connects, const uint8_t *secret, const uint8_t *nonce,
                      LineAnswer *answer);

/* How many bytes may be read from the other side now; 0: it is over. */
gsize line_proof_lacks(const LineProof *proof);

/* Takes 1 to line_proof_lacks() bytes from the other side. answer: what to send then, if anything;
 * also where the result is DONE. */
LineProofResult line_proof_feed(LineProof *proof, const uint8_t *data, gsize size,
                                LineAnswer *answer);

#endif
