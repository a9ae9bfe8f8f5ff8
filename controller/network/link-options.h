/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link-options.h: a link's parameters as text, as `link add` and `link set` take them. Pure.
 *
 *   latency=1ms jitter=10us          durations, see units.h
 *   bandwidth=100M                   bit/s with decimal K, M, G, T; "100Mbit" is the same; 0 or
 *                                    "unlimited" for no limit
 *   queue=256K                       bytes with binary K, M, G; 0 or "unlimited"
 *   loss=0.1% duplicate=0.001 reorder=1%   probabilities, in steps of 1e-9
 *   delivery=barrier|exact           at the barrier behind the due time, or at that time
 */
#ifndef NETWORK_LINK_OPTIONS_H
#define NETWORK_LINK_OPTIONS_H

#include "controller/network/link.h"

#define LINK_OPTIONS_ERROR (link_options_error_quark())
GQuark link_options_error_quark(void);

typedef enum {
    LINK_OPTIONS_ERROR_KEY,   /* no such option */
    LINK_OPTIONS_ERROR_VALUE, /* the value is not right for it */
} LinkOptionsError;

/* Which ways of a link an option is for. A link from A to B: forward is what A sends. */
typedef enum {
    LINK_BOTH,
    LINK_FORWARD,
    LINK_BACKWARD,
} LinkDirection;

/* Sets option `key` of params[0] (forward), params[1] (backward) or both. On failure the parameters
 * are untouched, and the error quotes the value and says what would be right. */
bool link_options_set(LinkParams params[2], const char *key, const char *value,
                      LinkDirection direction, GError **error);

/* All known keys in the order of help, NULL at the end; for completion. */
const char *const *link_options_keys(void);

/* The options that are not 0, as link_options_set() reads them: "latency=1ms loss=0.1%"; free with
 * g_free(). */
char *link_options_format(const LinkParams *params);

#endif
