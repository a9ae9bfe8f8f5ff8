/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * defaults.h: the default options of every later `node add`. Pure but for checking whether the
 * named files exist, as options.h.
 *
 * A node's own key replaces the default. icount= is replaced part by part: `icount=shift=3` keeps
 * the default's sleep=.
 */
#ifndef QEMU_DEFAULTS_H
#define QEMU_DEFAULTS_H

#include "controller/qemu/options.h"

typedef struct NodeDefaults NodeDefaults;

NodeDefaults *node_defaults_new(void);
void node_defaults_free(NodeDefaults *defaults);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NodeDefaults, node_defaults_free)

/* The keys that can be defaults, NULL-terminated, in the order of the manual. */
const char *const *node_defaults_keys(void);

/*
 * Checks n words KEY=VALUE and sets them all, or none of them. elsewhere: there are remote hosts,
 * so the program of qemu= need not be on this host.
 */
bool node_defaults_set(NodeDefaults *defaults, char *const *words, unsigned n, bool elsewhere,
                       GError **error);

/* Removes n defaults, or none of them if one is not set; n 0: removes all. */
bool node_defaults_unset(NodeDefaults *defaults, char *const *keys, unsigned n, GError **error);

/* Copies all defaults without another check. */
/* Sets a default that was checked when it was set first. */
void node_defaults_put(NodeDefaults *defaults, const char *key, const char *value);
void node_defaults_copy(const NodeDefaults *from, NodeDefaults *to);

/* Key, value, key, value, … in the order in which the keys were first set; not to be changed. */
const GPtrArray *node_defaults_list(const NodeDefaults *defaults);

/* Sets a node's options: from the n words KEY=VALUE given for the node, and from the defaults for
 * all other keys. host= is set first, since it decides how other keys are checked. */
bool node_defaults_apply(const NodeDefaults *defaults, NodeOptions *options, char *const *words,
                         unsigned n, GError **error);

/* "memory=, append=": the defaults that message names and that words do not replace. NULL: there is
 * none. Free with g_free(). */
char *node_defaults_blamed(const NodeDefaults *defaults, char *const *words, unsigned n,
                           const char *message);

#endif
