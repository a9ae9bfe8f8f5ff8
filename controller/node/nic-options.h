/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nic-options.h: the part of a node's options that is about its network cards. Pure. */
#ifndef NODE_NIC_OPTIONS_H
#define NODE_NIC_OPTIONS_H

#include "controller/node/options.h"

/* "nic", "nic-model" or "mac". */
bool nic_options_key(const char *key);
bool nic_options_set(NodeOptions *options, const char *key, const char *value, GError **error);

/* Once all keys are set: the model that the architecture has, where none was named; whether they
 * go together. */
bool nic_options_finish(NodeOptions *options, GError **error);

/* Appends the arguments for one card. */
void nic_options_argv(GPtrArray *argv, const NodeOptions *options, const NodeWiring *wiring,
                      unsigned nic);

#endif
