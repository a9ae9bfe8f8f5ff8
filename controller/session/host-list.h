/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host-list.h: a list of hosts, one a line, as `scontrol show hostnames` or an MPI hostfile has it:
 * the first word of a line is the host, perhaps with ":SLOTS"; '#' begins a note. Pure.
 */
#ifndef SESSION_HOST_LIST_H
#define SESSION_HOST_LIST_H

#include <glib.h>

typedef struct {
    unsigned line; /* from 1 */
    char *host;    /* [USER@]HOST, never empty */
    char *name; /* what the session may call it: the host's first label; an address with dashes */
} HostListEntry;

/* The hosts in their order, one that has several lines as often; an array of HostListEntry, to be
 * freed with g_array_unref(). NULL, with an error: there is none, or a byte that no list has. */
GArray *host_list_parse(const char *text, gsize size, GError **error);

#endif
