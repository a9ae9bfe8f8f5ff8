/* SPDX-License-Identifier: GPL-3.0-or-later */
/* symbols-private.h: what the readers of files (read-elf.c, read-text.c) give to a table. */
#ifndef SYMBOLS_SYMBOLS_PRIVATE_H
#define SYMBOLS_SYMBOLS_PRIVATE_H

#include "controller/symbols/symbols.h"

/* Some twenty times the largest kernels. */
#define SYMBOLS_MAX 4000000
/* Longer names are left out. */
#define SYMBOLS_MAX_NAME 4096
/* Of all names, and of a text. */
#define SYMBOLS_MAX_BYTES (UINT64_C(256) << 20)

/* Which of several names an address has is shown, and which of several addresses a name has is
 * meant: the least. */
typedef enum {
    RANK_GLOBAL_CODE,
    RANK_GLOBAL_DATA,
    RANK_WEAK,
    RANK_LOCAL_CODE,
    RANK_LOCAL_DATA,
} SymbolRank;

/* A symbol of size 0 reaches to the next one, but not beyond `end`. False, with an error: there are
 * too many. */
bool symbols_add(Symbols *symbols, const char *name, size_t length, uint64_t address, uint64_t size,
                 uint64_t end, SymbolRank rank, GError **error);

bool symbols_set_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Each adds the symbols of a file, or sets an error. */
bool symbols_read_elf(Symbols *symbols, int fd, const char *arch, GError **error);
bool symbols_read_text(Symbols *symbols, int fd, GError **error);

#endif
