/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nics.h: the functions of nic.h for all cards of a node at once. Called in the node's worker. */
#ifndef FABRIC_NICS_H
#define FABRIC_NICS_H

#include "controller/fabric/nic.h"

/* Frees all cards of the node. */
void nics_free(Node *node);

/* Like the functions of nic.h, for each card. nics_keep_up() and nics_stay() are true if this
 * holds for all cards; nics_want_rest() and nics_need_guard() if it holds for any card.
 * nics_next_stop() is the first of the cards' stops. */
bool nics_keep_up(const Node *node, int64_t first_us, int64_t quantum_us);
bool nics_stay(const Node *node, int64_t first_us, int64_t quantum_us);
bool nics_arm(const Node *node, int64_t first_us, int64_t quantum_us, GError **error);
bool nics_look_ahead(const Node *node, GError **error);
/* For a node at rest this also waits until QEMU has taken the frames. */
bool nics_send(const Node *node, bool at_rest, GError **error);
bool nics_aim(const Node *node, GError **error);
void nics_read(const Node *node);
void nics_reached(const Node *node, int64_t stamp_us);
int64_t nics_next_stop(const Node *node);
bool nics_want_rest(const Node *node, int64_t quantum_us);
bool nics_need_guard(const Node *node);

#endif
