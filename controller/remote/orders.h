/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * orders.h: what a controller tells an agent, as bytes and back; protocol.h has the formats. Pure.
 *
 * A get reads the whole message, or fails with REMOTE_ERROR_PROTOCOL and gives nothing. What it
 * gives is in range and free of duplicates. Which nodes, vCPUs and cards there are is the agent's
 * to check.
 */
#ifndef REMOTE_ORDERS_H
#define REMOTE_ORDERS_H

#include "controller/base/vtime.h"
#include "controller/engine/step.h"
#include "controller/qemu/options.h"
#include "controller/remote/codec.h"

/* --- requests --- */

typedef struct {
    char *sha256, *there;
    uint64_t size;
    bool may; /* be used where it is */
} FileOrder;

bool file_order_get(Reader *r, FileOrder *order, GError **error);
void file_order_clear(FileOrder *order);

typedef struct {
    unsigned index;
    char *name, *qemu; /* qemu "": the usual one */
    NodeOptions *options;
} NodeOrder;

/* The error may be a NODE_ERROR: an option that can't be. */
bool node_order_get(Reader *r, NodeOrder *order, GError **error);
void node_order_clear(NodeOrder *order);

typedef struct {
    unsigned node;
    bool hmp;
    char *command, *arguments; /* arguments "": none */
} QmpOrder;

bool qmp_order_get(Reader *r, QmpOrder *order, GError **error);
void qmp_order_clear(QmpOrder *order);

typedef struct {
    unsigned card, node, index, port;
    VTime now;
} CardOrder;

void card_order_put(GByteArray *out, const CardOrder *order);
bool card_order_get(Reader *r, CardOrder *order, GError **error);

/* Of a message that names a node and nothing else. */
bool index_order_get(Reader *r, unsigned *node, GError **error);

/* Of a node's console, stub or port; `bytes` points into the message. */
typedef struct {
    unsigned node;
    const uint8_t *bytes;
    gsize size;
} BytesOrder;

bool bytes_order_get(Reader *r, BytesOrder *order, GError **error);

/* --- steps --- */

void step_order_put(GByteArray *out, unsigned node, VTime epoch, const StepRequest *step);
/* step->node and step->cancel stay as they are. */
bool step_order_get(Reader *r, unsigned *node, VTime *epoch, StepRequest *step, GError **error);

/* --- segments --- */

typedef struct {
    unsigned node;
    VTime epoch;
} OrderMember;

typedef struct {
    unsigned card;
    bool exact;
    VTime own; /* as Port's */
} OrderCard;

typedef struct {
    unsigned card, id;
    VTime due;
    const uint8_t *data; /* points into the message */
    gsize size;
} OrderFrame;

#define ORDER_NOBODY UINT32_MAX

typedef struct {
    VTime moved; /* the network has, up to this */
    VTime now, first, quantum, next_barrier;
    uint64_t count;
    unsigned grant_quanta, overlap_quanta;
    bool brake, aligned, stop_on_exit;
    bool moves_cards;
    int64_t max_skip_us;
    unsigned exits;                /* a member, or ORDER_NOBODY */
    Reader members, cards, frames; /* lists, for the functions below; not for segment_order_put() */
} SegmentOrder;

/* The lists follow: a count as u32, and so many members, cards, frames. */
void segment_order_put(GByteArray *out, const SegmentOrder *order);
void order_member_put(GByteArray *out, OrderMember member);
void order_card_put(GByteArray *out, OrderCard card);
void order_frame_put(GByteArray *out, const OrderFrame *frame);

bool segment_order_get(Reader *r, SegmentOrder *order, GError **error);
/* Of MSG_GRANT: its frames. Allocates nothing unless there is an error. */
bool grant_order_get(Reader *r, Reader *frames, GError **error);

/* Of MSG_CARDS. */
typedef struct {
    VTime moved; /* the network has, up to this */
    VTime now, until, quantum;
    Reader cards, frames; /* lists, as of a segment; not for cards_order_put() */
} CardsOrder;

/* The lists follow, as those of a segment. */
void cards_order_put(GByteArray *out, const CardsOrder *order);
bool cards_order_get(Reader *r, CardsOrder *order, GError **error);

/* The next of a list; false: there is none. */
bool order_next_member(Reader *members, OrderMember *out);
bool order_next_card(Reader *cards, OrderCard *out);
bool order_next_frame(Reader *frames, OrderFrame *out);

#endif
