/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node-save.h: writes and reads what metronome itself knows of a node, without its machine
 * (machine.h). Pure. */
#ifndef QEMU_NODE_SAVE_H
#define QEMU_NODE_SAVE_H

#include "controller/base/codec.h"
#include "controller/qemu/node.h"

/* The user's description of a node. */
typedef struct {
    char *name, *host; /* host: NULL: the local host */
    unsigned index;    /* in the session */
    GPtrArray *given;  /* char *: key, value, …, as NodeOptions.given; paths are absolute */
    char *version;     /* of its QEMU; NULL: not started */
    char *transcript;  /* NULL: none */
} NodeIdentity;

void node_identity_clear(NodeIdentity *identity);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(NodeIdentity, node_identity_clear)

void node_identity_put(GByteArray *out, const Node *node);
void node_identity_get(Reader *r, NodeIdentity *identity);
/* Whether the node is as described, so that it can take over a state of the node described. */
bool node_identity_is(const NodeIdentity *identity, const Node *node);

/* What has happened to the node so far: its state, events and clock. The node stands, and its clock
 * is settled. */
void node_past_put(GByteArray *out, const Node *node);
void node_past_get(Reader *r, Node *node);

/* The point at which the node stands, if it does. Read it once the node's points are set: without a
 * connection to its stub it is dropped. */
void node_hit_put(GByteArray *out, const Node *node);
void node_hit_get(Reader *r, Node *node);

#endif
