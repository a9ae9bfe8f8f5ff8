/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tape.h: what has come and gone through a gateway, by the barriers at which it did, so that it comes again
 * where a run is repeated: the outside is not asked then, and gets nothing for the second time.
 *
 * A tape belongs to one thread at a time.
 */
#ifndef FABRIC_TAPE_H
#define FABRIC_TAPE_H

#include "controller/base/vtime.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a tape holds at most. A full tape records nothing more: tape_is_full(). */
#define TAPE_MOST_BYTES ((size_t)64 << 20)

typedef struct Tape Tape;

/* An empty tape: nothing is known. Free with tape_free(), which accepts NULL. */
Tape *tape_new(void);
void tape_free(Tape *tape);

/* Forgets all: what comes behind this barrier is new. */
void tape_begin(Tape *tape, VTime now);
/* What came behind this barrier is no part of the run any more. */
void tape_cut(Tape *tape, VTime now);
bool tape_is_full(const Tape *tape);

/* A barrier is passed. True: it is known, and tape_next() and tape_refused() tell what came of it. False: it is
 * new, and what comes of it is to be recorded. */
bool tape_pass(Tape *tape, VTime barrier);

/* there: so many of its `size` bytes are there. */
void tape_record_frame(Tape *tape, const uint8_t *frame, size_t there, size_t size);
/* How the outside took the next frame of this barrier. */
void tape_record_sent(Tape *tape, bool taken);

/* The next frame that came in there, as it was recorded; the tape owns it. NULL: there is none. */
const uint8_t *tape_next(Tape *tape, size_t *size);
/* Whether the next frame that went out there was refused. */
bool tape_refused(Tape *tape);

/* How many frames came in, and were taken and refused by the outside, up to this barrier. */
void tape_count(const Tape *tape, VTime until, uint64_t *received, uint64_t *sent,
                uint64_t *refused);

#endif
