/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * symbols.h: a table of names and their addresses, read from an ELF file or from text as in
 * System.map and /proc/kallsyms. Pure but for the reading of the file.
 *
 * Names with blanks or other characters that are no visible ASCII are left out, and so are names of
 * compilers and assemblers for places of no interest ($x, .L1), absolute values and thread-local
 * variables.
 */
#ifndef SYMBOLS_SYMBOLS_H
#define SYMBOLS_SYMBOLS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define SYMBOLS_ERROR (symbols_error_quark())
GQuark symbols_error_quark(void);

typedef struct Symbols Symbols;

/* Reads a regular file. arch: as QEMU names it; an ELF file must be for that architecture (NULL, or
 * one without a rule here: for any). The error names what is wrong, not the file. */
Symbols *symbols_load(const char *path, const char *arch, GError **error);

/* Whether there is a regular file that begins as an ELF file does. */
bool symbols_is_elf(const char *path);

Symbols *symbols_ref(Symbols *symbols);
void symbols_unref(Symbols *symbols);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Symbols, symbols_unref)

unsigned symbols_count(const Symbols *symbols);

/* 64 hexadecimal digits: the same for tables with the same names, addresses and sizes. */
const char *symbols_digest(const Symbols *symbols);

/* Finds the address of NAME, NAME+OFFSET or NAME-OFFSET; an offset is decimal or 0x…. A global name
 * wins over local ones; local names with several addresses are refused. */
bool symbols_resolve(const Symbols *symbols, const char *text, uint64_t *address, GError **error);

/* The name of the place that an address is in, and how far it is in there; NULL: it is in none. */
const char *symbols_at(const Symbols *symbols, uint64_t address, uint64_t *offset);

/* The names that begin with `head`, sorted, each once; free only the array, with
 * g_ptr_array_unref(). */
GPtrArray *symbols_beginning_with(const Symbols *symbols, const char *head);

#endif
