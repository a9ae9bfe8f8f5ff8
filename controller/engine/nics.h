/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nics.h: all cards of a node at once (nic.h), for its lane. */
#ifndef ENGINE_NICS_H
#define ENGINE_NICS_H

#include "controller/engine/nic.h"

void nics_free(Node *node);

/* As nic_keeps_up() (for all cards), nic_arm(), nic_send(), nic_release(), nic_read(), nic_reached(). */
bool nics_keep_up(const Node *node, int64_t first_us, int64_t quantum_us);
bool nics_arm(const Node *node, int64_t first_us, int64_t quantum_us, GError **error);
/* To a node at rest: waits until QEMU has taken them. */
bool nics_send(const Node *node, bool at_rest, GError **error);
bool nics_release(const Node *node, GError **error);
void nics_read(const Node *node);
void nics_reached(const Node *node, int64_t stamp_us);

#endif
