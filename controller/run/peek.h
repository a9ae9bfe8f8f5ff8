/* SPDX-License-Identifier: GPL-3.0-or-later */
/* peek.h: reads a register or memory of a node that stands, on any host. Main thread. */
#ifndef RUN_PEEK_H
#define RUN_PEEK_H

#include "controller/qemu/node.h"
#include "gdbstub-client/gdbstub.h"

/* vcpu -1: the vCPU of the node's hit, else the first. */
bool peek_register(Node *node, int vcpu, const char *name, uint64_t *value, GError **error);
/* physical: the address is one, else a virtual address as that vCPU sees it. */
bool peek_memory(Node *node, int vcpu, uint64_t address, uint8_t *bytes, size_t size, bool physical,
                 GError **error);

/* --- for those who write, too (poke.h) --- */

/* The connection to the node's stub, with the vCPU, as above; NULL on failure. debug_release() ends
 * it. */
GdbClient *peek_begin(Node *node, int vcpu, GdbThread *thread, GError **error);

/* One access to memory: `size` bytes are read to `out`, or with out NULL written from `in`. */
typedef struct {
    uint64_t address;
    size_t size;
    bool physical;
    uint8_t *out;
    const uint8_t *in;
} PeekAccess;

bool peek_access(Node *node, int vcpu, const PeekAccess *access, GError **error);

/* A register of the node by its name; "pc" and "sp" stand for x86's rip or eip, rsp or esp, too.
 * NULL, with an error that names the node and what was meant: it has none of that name. The node's
 * connection (debug.h) is in use, and owns the register. */
const GdbRegister *peek_find_register(Node *node, const char *name, GError **error);

#endif
