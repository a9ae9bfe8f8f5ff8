/* SPDX-License-Identifier: GPL-3.0-or-later */
/* debug-private.h: the members that the connection (debug.c) and its points (points.c) share. They
 * belong to the thread that owns the node. */
#ifndef QEMU_DEBUG_PRIVATE_H
#define QEMU_DEBUG_PRIVATE_H

#include "controller/qemu/debug.h"

typedef struct {
    GdbPoint type;
    uint64_t address;
    unsigned kind;
    unsigned count;
    unsigned behind; /* those of `count` that debug_add_access() added */
} Point;

struct Debug {
    GdbClient *client;
    unsigned uses;
    unsigned sstep; /* the stub's step flags when we connected */
    GArray *points; /* Point */
    GArray *muted;  /* Point: debug_mute() has taken them out; NULL: it has not */
    bool before;    /* QEMU reports watchpoints before the access; valid once one is set */
    bool at_hit;
    DebugHit hit;
    const char *pc_name; /* NULL until debug_pc() has found the name */
};

/* --- points.c --- */

/* Sets all points in a stub that has none. */
bool debug_set_points(Node *node, GError **error);

#endif
