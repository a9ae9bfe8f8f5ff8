/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * codec.h: writes numbers and texts to bytes and reads them from bytes. Pure. Numbers are
 * little-endian. A string of bytes is its length (32 bits) and the bytes.
 *
 * Reading never goes beyond the bytes: a missing field reads as 0 or as nothing and marks the
 * reader as bad. The caller checks the mark once, at the end, with reader_problem().
 */
#ifndef BASE_CODEC_H
#define BASE_CODEC_H

#include "controller/base/vtime.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Longest string of bytes: many times as long as the frames and console output of a host in one
 * grant. */
#define CODEC_MAX_BYTES (UINT32_C(256) << 20)

/* Virtual times, in ns, and their distances are below this, some 146 years in either direction: the
 * sum of two of them fits an int64_t. */
#define CODEC_TIME_END (INT64_MAX / 2)

/* --- writing: each function appends to out --- */

void put_u8(GByteArray *out, uint8_t value);
void put_u32(GByteArray *out, uint32_t value);
void put_u64(GByteArray *out, uint64_t value);
void put_i64(GByteArray *out, int64_t value);
/* 1 byte for a number below 128, 10 for the largest. */
void put_natural(GByteArray *out, uint64_t value);
void put_flag(GByteArray *out, bool value);
void put_time(GByteArray *out, VTime value);
/* A struct or array of uint64_t alone; `size` is its size in bytes. */
void put_counts(GByteArray *out, const void *counts, gsize size);
void put_bytes(GByteArray *out, const void *data, gsize size);
/* NULL is written as "". */
void put_text(GByteArray *out, const char *text);

/* --- reading --- */

typedef struct {
    const uint8_t *at, *end;
    bool bad;
} Reader;

/* A reader of all bytes of the array, which keeps them. */
Reader reader_of(const GByteArray *bytes);

uint8_t get_u8(Reader *r);
/* A u8 that is 0 or 1; another value makes the reader bad. */
bool get_flag(Reader *r);
/* An i64 of virtual time between -CODEC_TIME_END and CODEC_TIME_END; another value makes the reader
 * bad. */
VTime get_time(Reader *r);
uint32_t get_u32(Reader *r);
uint64_t get_u64(Reader *r);
int64_t get_i64(Reader *r);
/* A u64 that numbers are counted on from: one above INT64_MAX makes the reader bad. */
uint64_t get_number(Reader *r);
/* More bytes than put_natural() writes make the reader bad. */
uint64_t get_natural(Reader *r);
void get_counts(Reader *r, void *counts, gsize size);
/* Returns a pointer into the bytes that are read. */
const uint8_t *get_bytes(Reader *r, gsize *size);
/* Free with g_free(); never NULL. A NUL in the text makes the reader bad. */
char *get_text(Reader *r);
/* Like get_text(), but NULL for an empty text. */
char *get_optional_text(Reader *r);
/* Like get_text(), made fit for a terminal by text_plain(). */
char *get_words(Reader *r);
/* Like get_text(), made fit for one line of a terminal by text_line(). */
char *get_line(Reader *r);
/* A count of entries of at least `least` bytes each. A count of more entries than the rest of the
 * bytes can hold makes the reader bad. */
uint32_t get_count(Reader *r, gsize least);
/* Makes the reader bad unless `holds`. */
void reader_demand(Reader *r, bool holds);
/* What is wrong with the bytes, in words: a field was missing or wrong, or bytes are left. NULL:
 * nothing is. */
const char *reader_problem(const Reader *r);

#endif
