/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nics.h: all cards of a node at once (nic.h), for its worker. */
#ifndef FABRIC_NICS_H
#define FABRIC_NICS_H

#include "controller/fabric/nic.h"

void nics_free(Node *node);

/* As nic_keeps_up() and nic_stays() (for all cards), nic_arm(), nic_look_ahead(), nic_send(),
 * nic_aim(), nic_read(), nic_reached(),
 * nic_next_stop() (the first), nic_wants_rest(), nic_is_exact() (any of them). */
bool nics_keep_up(const Node *node, int64_t first_us, int64_t quantum_us);
bool nics_stay(const Node *node, int64_t first_us, int64_t quantum_us);
bool nics_arm(const Node *node, int64_t first_us, int64_t quantum_us, GError **error);
bool nics_look_ahead(const Node *node, GError **error);
/* To a node at rest: waits until QEMU has taken them. */
bool nics_send(const Node *node, bool at_rest, GError **error);
bool nics_aim(const Node *node, GError **error);
void nics_read(const Node *node);
void nics_reached(const Node *node, int64_t stamp_us);
int64_t nics_next_stop(const Node *node);
bool nics_want_rest(const Node *node, int64_t quantum_us);
bool nics_are_exact(const Node *node);

#endif
