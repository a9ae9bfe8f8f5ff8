/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nic-options.h: a node's options for its NICs. Pure. */
#ifndef QEMU_NIC_OPTIONS_H
#define QEMU_NIC_OPTIONS_H

#include "controller/qemu/options.h"

/* Whether the key is "nic", "nic-model" or "mac". */
bool nic_options_key(const char *key);
bool nic_options_set(NodeOptions *options, const char *key, const char *value, GError **error);

/* To be called once all keys are set: fills in the architecture's usual model if none was named,
 * and checks the combination. */
bool nic_options_finish(NodeOptions *options, GError **error);

/* Appends the arguments for NIC number `nic` of node number `node`, whose cable is descriptor fd of
 * the child. */
void nic_options_argv(GPtrArray *argv, const NodeOptions *options, unsigned nic, unsigned node,
                      int fd);

/* Whether the NICs are those on the board (nic-model=onboard). */
bool node_options_onboard(const NodeOptions *options);

/* The address of NIC number `nic`: as given, or made from the node's index. */
void node_options_mac(const NodeOptions *options, unsigned index, unsigned nic, uint8_t mac[6]);

/* QEMU's path of the virtio device of a NIC, to be freed with g_free(); NULL: the NIC is no virtio
 * device, or the architecture may be big-endian, and its rings too. */
char *nic_options_virtio_path(const NodeOptions *options, unsigned nic);

#endif
