/* SPDX-License-Identifier: GPL-3.0-or-later */
/* numbers.h: bytes and numbers as users write them for a guest's memory and registers. Pure. All
 * guests that metronome knows are little-endian (qemu/options.c). */
#ifndef COMMAND_NUMBERS_H
#define COMMAND_NUMBERS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Writes a number of `bits` bits (1 at least) to `bytes`, (bits + 7) / 8 of them, the lowest first.
 * The number is decimal, also negative (two's complement), or hexadecimal (0x…); a decimal one has
 * 64 bits at most. Errors, which quote the text: it is no number, or has more bits.
 */
bool number_parse(const char *text, unsigned bits, uint8_t *bytes, GError **error);

/*
 * Returns the bytes of n words, each of which is one byte or several, two hexadecimal digits each:
 * "de", "0xde", "deadbeef". With size (1 to 8) each word is a number of that many bytes. NULL, with
 * an error: a word is none of that, or there are more bytes than `most`.
 */
GByteArray *numbers_parse(char *const *words, unsigned n, unsigned size, gsize most,
                          GError **error);

#endif
