/* SPDX-License-Identifier: GPL-3.0-or-later */
/* option-keys.h: a node's options from the words of `node add`. Pure but for looking whether the named
 * files exist. */
#ifndef QEMU_OPTION_KEYS_H
#define QEMU_OPTION_KEYS_H

#include "controller/qemu/options.h"

/* The keys that `node add` knows, NULL-terminated, in the order of the manual. */
const char *const *node_option_keys(void);

/* One key=value; an unknown key, a bad value or a file that can't be read is an error. The last value
 * of a key counts; icount= changes what it names, the rest stays. */
bool node_options_set(NodeOptions *options, const char *key, const char *value, GError **error);

/* Whether the value is a file that the node's host needs. */
bool node_options_is_file(const char *key, const char *value);

/* What is wrong whatever the other keys are. */
bool node_options_check_alone(const NodeOptions *options, GError **error);

/* Defaults that depend on other keys (machine and cpu by arch); checks the combination. */
bool node_options_finish(NodeOptions *options, GError **error);

#endif
