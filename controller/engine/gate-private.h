/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gate-private.h: what the two files of a gate share: gate-build.c (its objects) and gate.c
 * (their use).
 */
#ifndef ENGINE_GATE_PRIVATE_H
#define ENGINE_GATE_PRIVATE_H

#include "controller/engine/gate.h"
#include "controller/qemu/dump.h"

/* Token and pcap record header fill more than half of a one-page pipe: two records never fit. */
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
    int witness_fd; /* -1: no witness */
    char *token_path, *control_path, *note_path, *dump_path, *witness_path;

    GatePlan plan;
    bool armed;
    bool periodic;        /* the tick also fires behind the plan's last boundary */
    bool braked;          /* mtb exists */
    bool parked;          /* the node rests; the tick holds the token of the next boundary */
    int64_t next_us;      /* boundary of the next note, in the node's own virtual µs */
    uint64_t sent, noted; /* tokens sent and notes read since arming */
    uint64_t sequence;    /* of the last token ever sent */
    Token token;          /* buffer of the last token */
    DumpClock note_clock, witness_clock;
    uint64_t seen;            /* sequence of the last token that the witness recorded */
    int64_t seen_us;          /* virtual µs of that record */
    int64_t guard_us;         /* when mtk fires; 0: not known */
    int64_t guard_quantum_us; /* distance of mtk's firings; 0: there is no mtk */
};

/* Sets the error to `what` and the text of errno. Returns false. */
bool gate_fail_errno(const char *what, GError **error);

/* On a stopped node: gate_add_witness() makes the witness in front of all filters that exist,
 * gate_remove_witness() removes it. The witness of a node with sleep=on stays. */
bool gate_add_witness(Gate *gate, GError **error);
bool gate_remove_witness(Gate *gate, GError **error);

#endif
