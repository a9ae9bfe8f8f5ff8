/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gate-private.h: what the parts of a gate share: gate-build.c (its objects), gate.c (their use). */
#ifndef ENGINE_GATE_PRIVATE_H
#define ENGINE_GATE_PRIVATE_H

#include "controller/engine/gate.h"
#include "controller/qemu/dump.h"

/* Token and pcap record header fill over half of a one-page pipe: two never fit. */
#define TOKEN_SIZE   3000
#define TOKEN_RECORD (sizeof(DumpHead) + TOKEN_SIZE)

typedef struct {
    uint64_t sequence;
    uint8_t filler[TOKEN_SIZE - sizeof(uint64_t)];
} Token;

G_STATIC_ASSERT(sizeof(Token) == TOKEN_SIZE);

struct Gate {
    Node *node;
    int token_fd, note_fd, dump_fd;
    int witness_fd; /* -1: none */
    char *token_path, *control_path, *note_path, *dump_path, *witness_path;

    GatePlan plan;
    bool armed;
    bool periodic;        /* the tick fires behind the plan's last boundary, too */
    bool braked;          /* mtb is there */
    bool parked;          /* the node rests; the tick holds the token of the next boundary */
    int64_t next_us;      /* boundary of the next note, node's virtual µs */
    uint64_t sent, noted; /* tokens since arming */
    uint64_t sequence;    /* of the last token ever sent */
    Token token;          /* it */
    DumpClock note_clock, witness_clock;
    uint64_t seen;            /* by the witness: the last token, … */
    int64_t seen_us;          /* … and when */
    int64_t guard_us;         /* when mtk fires; 0: it is not known, … */
    int64_t guard_quantum_us; /* … and how often; 0: there is none */
};

/* Sets the error to what errno says. */
bool gate_fail_errno(const char *what, GError **error);

/* On a stopped node: makes the witness in front of all filters that are there, or takes it away. */
bool gate_add_witness(Gate *gate, GError **error);
bool gate_remove_witness(Gate *gate, GError **error);

#endif
