/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * poke.h: writes registers or memory of a node that stands, on any host. All is checked before the
 * first byte is written, and read back behind the last. Main thread.
 */
#ifndef RUN_POKE_H
#define RUN_POKE_H

#include "controller/qemu/node.h"

/*
 * Writes memory: at a physical address, or at a virtual one as vCPU `vcpu` sees it. All of it has
 * to be RAM or ROM: QEMU's gdbstub ignores what it is to write to a device without a word
 * (cpu_memory_rw_debug(), address_space_write_rom() in QEMU's softmmu/physmem.c). Error: nothing
 * was written, or it says that something was.
 */
bool poke_memory(Node *node, unsigned vcpu, uint64_t address, const uint8_t *bytes, size_t size,
                 bool physical, GError **error);

/* A register and its value as a user writes them. */
typedef struct {
    const char *name, *value;
} PokeRegister;

/* Makes a number of a value, `bits` bits wide, lowest byte first. */
typedef bool (*PokeValueFunc)(const Node *node, const char *value, unsigned bits, uint8_t *bytes,
                              void *data, GError **error);
/* Tells of a register that was written. */
typedef void (*PokeDoneFunc)(Node *node, const char *name, const uint8_t *bytes, size_t size,
                             void *data);

/*
 * Writes `count` registers, in their order. Where one does not keep its value, as registers of the system
 * on ARM don't, those before it get their old values back, and nothing was written. `done` is
 * called for each when all are. data is handed to both functions.
 */
bool poke_registers(Node *node, unsigned vcpu, const PokeRegister *registers, unsigned count,
                    PokeValueFunc parse, PokeDoneFunc done, void *data, GError **error);

#endif
