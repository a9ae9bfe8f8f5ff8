/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * save-orders.h: reads the messages about saved machines from a controller to an agent; protocol.h
 * has the formats. Pure.
 *
 * A get function reads the whole message, or fails with REMOTE_ERROR_PROTOCOL and leaves nothing to
 * free. The agent has to check that nodes, machines and parts exist.
 */
#ifndef REMOTE_SAVE_ORDERS_H
#define REMOTE_SAVE_ORDERS_H

#include "controller/base/vtime.h"
#include "controller/remote/message.h"

typedef struct {
    unsigned node, number; /* number 0: no machine */
    char *version;         /* of the QEMU that has saved it; "": any */
} SavedNodeOrder;

/* MSG_SAVE and MSG_RESTORE. */
typedef struct {
    VTime now;     /* MSG_SAVE */
    bool keep_ram; /* MSG_RESTORE */
    char *qemu;    /* likewise; "": the default QEMU */
    GArray *nodes; /* SavedNodeOrder, each node once */
} SaveOrder;

bool save_order_get(Reader *r, SaveOrder *order, GError **error);
bool restore_order_get(Reader *r, SaveOrder *order, GError **error);
void save_order_clear(SaveOrder *order);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SaveOrder, save_order_clear)

/* Parts of a machine. */
typedef struct {
    bool whole;       /* RAM is in the devices */
    GPtrArray *names; /* char * */
    GArray *sizes;    /* int64_t */
} PartsOrder;

void parts_order_init(PartsOrder *order, bool whole);
void parts_order_add(PartsOrder *order, const char *name, int64_t size);
void parts_order_put(GByteArray *out, const PartsOrder *order);
/* "devices" is there, once, and "ram" unless whole. */
bool parts_order_get(Reader *r, PartsOrder *order, GError **error);
void parts_order_clear(PartsOrder *order);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PartsOrder, parts_order_clear)

/* MSG_FETCH and MSG_FILL, and the answer to MSG_FETCH. `bytes` points into the message. */
typedef struct {
    unsigned number, part;
    int64_t at;
    const uint8_t *bytes;
    gsize size;
} PartOrder;

bool fetch_order_get(Reader *r, PartOrder *order, GError **error);
bool fill_order_get(Reader *r, PartOrder *order, GError **error);

/* MSG_PAST: the two readers are at the node's past and its hit. */
typedef struct {
    unsigned node;
    VTime epoch;
    Reader past;
} PastOrder;

bool past_order_get(Reader *r, PastOrder *order, GError **error);

/* MSG_AGAIN; free qemu with g_free(). */
bool again_order_get(Reader *r, unsigned *node, char **qemu, GError **error);

#endif
