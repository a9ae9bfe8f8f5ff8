/* SPDX-License-Identifier: GPL-3.0-or-later */
/* debug-private.h: what the connection to the stub (debug.c) and its points (points.c) share. */
#ifndef QEMU_DEBUG_PRIVATE_H
#define QEMU_DEBUG_PRIVATE_H

#include "controller/qemu/debug.h"

typedef struct {
    GdbPoint type;
    uint64_t address;
    unsigned kind;
    unsigned count;
    unsigned behind; /* of them, those by debug_add_access() */
} Point;

struct Debug {
    GdbClient *client;
    unsigned uses;
    unsigned sstep; /* as it was found */
    GArray *points; /* Point */
    bool before;    /* watchpoints are told of in front of the access; known once there is one */
    bool at_hit;
    DebugHit hit;
    const char *pc_name; /* NULL until it was looked up */
};

#endif
