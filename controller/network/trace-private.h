/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace-private.h: the structs that recording (trace.c) and saving (trace-state.c) share.
 */
#ifndef NETWORK_TRACE_PRIVATE_H
#define NETWORK_TRACE_PRIVATE_H

#include "controller/base/sha.h"
#include "controller/network/trace.h"

typedef struct {
    char *name;
    VClock clock;
    Sha sha;
} TraceNode;

struct Trace {
    size_t cap, capacity; /* events allowed, and allocated so far */
    TraceEvent *ring;     /* event n is in ring[(n - 1) % cap] */
    uint64_t count;
    GArray *nodes;    /* TraceNode */
    GPtrArray *names; /* names of the nodes for vclock_format() */
    Sha sha;
    GString *line; /* reused, so that appending allocates nothing */
};

static inline TraceNode *node_at(const Trace *trace, unsigned i)
{
    return &g_array_index(trace->nodes, TraceNode, i);
}

#endif
