/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * orders.h: writes and reads the messages from a controller to an agent; protocol.h has the
 * formats. Pure.
 *
 * A get function reads the whole message, or fails with REMOTE_ERROR_PROTOCOL and leaves nothing to
 * free. The values that it returns are in range and free of duplicates. The agent has to check that
 * the nodes, vCPUs and cards exist.
 */
#ifndef REMOTE_ORDERS_H
#define REMOTE_ORDERS_H

#include "controller/base/vtime.h"
#include "controller/engine/step.h"
#include "controller/qemu/options.h"
#include "controller/remote/message.h"

/* --- requests --- */

typedef struct {
    char *sha256, *sender_path; /* sender_path: path on the controller's host */
    uint64_t size;
    bool may; /* a file with this content at `sender_path` may be used in place */
} FileOrder;

bool file_order_get(Reader *r, FileOrder *order, GError **error);
void file_order_clear(FileOrder *order);

typedef struct {
    unsigned index;
    char *name, *qemu; /* qemu "": the default QEMU */
    bool waits;        /* for a saved state; nothing is launched */
    NodeOptions *options;
} NodeOrder;

/* The error may be a NODE_ERROR: an option is refused. */
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
    bool stuck; /* Port.stuck */
} CardOrder;

void card_order_put(GByteArray *out, const CardOrder *order);
bool card_order_get(Reader *r, CardOrder *order, GError **error);

/* Reads a message whose only field is a node. */
bool index_order_get(Reader *r, unsigned *node, GError **error);

/* Bytes for a node's console, stub or port; `bytes` points into the message. */
typedef struct {
    unsigned node;
    const uint8_t *bytes;
    gsize size;
} BytesOrder;

bool bytes_order_get(Reader *r, BytesOrder *order, GError **error);

/* --- steps --- */

void step_order_put(GByteArray *out, unsigned node, VTime epoch, const StepRequest *step);
/* Leaves step->node and step->cancel unchanged. */
bool step_order_get(Reader *r, unsigned *node, VTime *epoch, StepRequest *step, GError **error);

/* --- segments --- */

typedef struct {
    unsigned node;
    VTime epoch;
} OrderMember;

typedef struct {
    unsigned card;
    bool exact;
    VTime own; /* as in Port */
} OrderCard;

typedef struct {
    unsigned card, id;
    VTime due;
    const uint8_t *data; /* points into the message */
    gsize size;
} OrderFrame;

#define ORDER_NOBODY UINT32_MAX

typedef struct {
    VTime moved; /* time up to which the network has moved */
    VTime now, first, quantum, next_barrier;
    uint64_t count;
    unsigned grant_quanta, overlap_quanta;
    bool brake, aligned, stop_on_exit;
    bool moves_cards;
    int64_t grain_us;
    unsigned exits;                /* a member, or ORDER_NOBODY */
    Reader members, cards, frames; /* lists, for the order_next_ functions */
} SegmentOrder;

/* Writes the order without its lists. The caller then writes the three lists of members, cards and
 * frames: for each a count as u32, and the entries. */
void segment_order_put(GByteArray *out, const SegmentOrder *order);
void order_member_put(GByteArray *out, OrderMember member);
void order_card_put(GByteArray *out, OrderCard card);
void order_frame_put(GByteArray *out, const OrderFrame *frame);

bool segment_order_get(Reader *r, SegmentOrder *order, GError **error);
/* Reads the list of frames in MSG_GRANT. Allocates nothing unless there is an error. */
bool grant_order_get(Reader *r, Reader *frames, GError **error);

/* MSG_CARDS. */
typedef struct {
    VTime moved; /* time up to which the network has moved */
    VTime now, until, quantum;
    Reader cards, frames; /* lists as in SegmentOrder */
} CardsOrder;

/* Writes the order without its lists, as segment_order_put(). */
void cards_order_put(GByteArray *out, const CardsOrder *order);
bool cards_order_get(Reader *r, CardsOrder *order, GError **error);

/* Reads the next entry of a list; false: there is no more. */
bool order_next_member(Reader *members, OrderMember *out);
bool order_next_card(Reader *cards, OrderCard *out);
bool order_next_frame(Reader *frames, OrderFrame *out);

#endif
