/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link-options.h: parses and formats a link's parameters, in the syntax of `link add` and `link
 * set`. Pure.
 *
 *   latency=1ms jitter=10us          durations, see units.h
 *   bandwidth=100M                   bit/s with decimal K, M, G, T; "100Mbit" is the same; 0 or
 *                                    "unlimited" for no limit
 *   queue=256K                       bytes with binary K, M, G; 0 or "unlimited"
 *   loss=0.1% duplicate=0.001 reorder=1%   probabilities, in steps of 1e-9
 *   delivery=barrier|exact           at the barrier after the due time, or at the due time
 */
#ifndef NETWORK_LINK_OPTIONS_H
#define NETWORK_LINK_OPTIONS_H

#include "controller/network/link.h"

#define LINK_OPTIONS_ERROR (link_options_error_quark())
GQuark link_options_error_quark(void);

typedef enum {
    LINK_OPTIONS_ERROR_KEY,   /* no such option */
    LINK_OPTIONS_ERROR_VALUE, /* the value does not fit the option */
} LinkOptionsError;

/* The ways of a link that an option applies to. Forward, on a link from A to B: frames that A
 * sends. */
typedef enum {
    LINK_BOTH,
    LINK_FORWARD,
    LINK_BACKWARD,
} LinkDirection;

/* Sets option `key` of params[0] (forward), params[1] (backward) or both. On failure the parameters
 * are untouched, and the error quotes the value and describes valid values. */
bool link_options_set(LinkParams params[2], const char *key, const char *value,
                      LinkDirection direction, GError **error);

/* Returns all known keys in the order of the help, NULL at the end; for completion. */
const char *const *link_options_keys(void);

/* Returns the options that are not 0, in the syntax of link_options_set(): "latency=1ms loss=0.1%".
 * The caller frees the text with g_free(). */
char *link_options_format(const LinkParams *params);

#endif
