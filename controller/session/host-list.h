/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host-list.h: parses a list of hosts, one a line, as `scontrol show hostnames` prints it or an MPI
 * hostfile contains it. The first word of a line is the host, perhaps with ":SLOTS"; '#' begins a
 * comment. Pure.
 */
#ifndef SESSION_HOST_LIST_H
#define SESSION_HOST_LIST_H

#include <glib.h>

typedef struct {
    unsigned line; /* from 1 */
    char *host;    /* [USER@]HOST, never empty */
    char *name;    /* name in the session: the host's first label, or an address with dashes */
} HostListEntry;

/* The hosts in their order, as an array of HostListEntry; free with g_array_unref(). A host on
 * several lines has as many entries. NULL, with an error: the list has no host, or a NUL or control
 * character where a host is expected. */
GArray *host_list_parse(const char *text, gsize size, GError **error);

/* What lines "HOST|ADDRESS" say of a host's address; a host may have several, of which the first
 * counts. Free with g_free(). NULL: nothing. */
char *host_list_address(const char *lines, const char *host);

#endif
