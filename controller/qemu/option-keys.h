/* SPDX-License-Identifier: GPL-3.0-or-later */
/* option-keys.h: sets a node's options from the words of `node add`. Pure but for checking whether
 * the named files exist. */
#ifndef QEMU_OPTION_KEYS_H
#define QEMU_OPTION_KEYS_H

#include "controller/qemu/options.h"

/* The keys of `node add`, NULL-terminated, in the order of the manual. */
const char *const *node_option_keys(void);

/* Sets one key=value. An unknown key, a bad value or a file that can't be read is an error. The
 * last value of a key counts. icount= changes the parts that it names; the other parts stay. */
bool node_options_set(NodeOptions *options, const char *key, const char *value, GError **error);

/* Whether the value is a file that the node's host needs. */
bool node_options_is_file(const char *key, const char *value);

/* Whether the value names files of this host, one or many. */
bool node_options_names_files(const char *key, const char *value);

/* The value with absolute paths of the files that it names. Free with g_free(). */
char *node_options_whole(const char *key, const char *value);

/* Checks that do not depend on the combination of keys. */
bool node_options_check_alone(const NodeOptions *options, GError **error);

/* Fills in the defaults that depend on other keys (machine and cpu by arch), and checks the
 * combination. */
bool node_options_finish(NodeOptions *options, GError **error);

#endif
