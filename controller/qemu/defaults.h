/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * defaults.h: what every `node add` that follows takes where it says nothing itself. Pure but for
 * looking whether the named files exist, as options.h.
 *
 * A node's own key takes the place of the default, icount= part by part: `icount=shift=3` keeps the
 * default's sleep=.
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
 * Checks n words KEY=VALUE, and takes them all over, or none of them. elsewhere: there are other
 * hosts, so a qemu= need not be here.
 */
bool node_defaults_set(NodeDefaults *defaults, char *const *words, unsigned n, bool elsewhere,
                       GError **error);

/* Takes n keys back, or none of them if there is no default of one; n 0: takes all back. */
bool node_defaults_unset(NodeDefaults *defaults, char *const *keys, unsigned n, GError **error);

/* Makes `to` what `from` is; nothing is checked again. */
void node_defaults_copy(const NodeDefaults *from, NodeDefaults *to);

/* Key, value, key, value, … in the order in which they were first set; not to be changed. */
const GPtrArray *node_defaults_list(const NodeDefaults *defaults);

/* Sets a node's options from the n words KEY=VALUE that were said of it, and from defaults where they
 * say nothing. host= is set first: it decides how others are checked. */
bool node_defaults_apply(const NodeDefaults *defaults, NodeOptions *options, char *const *words,
                         unsigned n, GError **error);

/* "memory=, append=": of the defaults that words say nothing of, those that message names. NULL: there
 * is none. Free with g_free(). */
char *node_defaults_blamed(const NodeDefaults *defaults, char *const *words, unsigned n,
                           const char *message);

#endif
