/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nic-options.h: the part of a node's options that is about its network cards. Pure. */
#ifndef QEMU_NIC_OPTIONS_H
#define QEMU_NIC_OPTIONS_H

#include "controller/qemu/options.h"

/* "nic", "nic-model" or "mac". */
bool nic_options_key(const char *key);
bool nic_options_set(NodeOptions *options, const char *key, const char *value, GError **error);

/* Once all keys are set: the model that the architecture has, where none was named; whether they
 * go together. */
bool nic_options_finish(NodeOptions *options, GError **error);

/* Appends the arguments for card number `nic` of node number `node`, whose cable is descriptor fd of the
 * child. */
void nic_options_argv(GPtrArray *argv, const NodeOptions *options, unsigned nic, unsigned node,
                      int fd);

/* The address of card number `nic`: as given, or made from the node's index. */
void node_options_mac(const NodeOptions *options, unsigned index, unsigned nic, uint8_t mac[6]);

/* QEMU's name of the virtio device that one card is, to be freed with g_free(); NULL: it is none. */
char *nic_options_virtio_path(const NodeOptions *options, unsigned nic);

#endif
