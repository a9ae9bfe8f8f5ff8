/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * codec.h: messages as bytes, and back. Pure. Numbers are little-endian; a string of bytes is its
 * length (32 bits) and the bytes. A message is the length of what follows (32 bits), its type (8
 * bits) and its fields; protocol.h tells which.
 *
 * Reading never goes beyond the message: what is missing reads as 0 or as nothing and marks the
 * reader as bad, which is looked at once, at the end.
 */
#ifndef REMOTE_CODEC_H
#define REMOTE_CODEC_H

#include "controller/base/vtime.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define REMOTE_ERROR (remote_error_quark())
GQuark remote_error_quark(void);

typedef enum {
    REMOTE_ERROR_PROTOCOL, /* what came is no message of ours */
    REMOTE_ERROR_VERSION,  /* the other side speaks another version */
    REMOTE_ERROR_LOST,     /* the connection is gone */
    REMOTE_ERROR_REFUSED,  /* the other side said no */
} RemoteError;

/* Longest message; a host's frames and console output of one grant fit many times over. */
#define CODEC_MAX_MESSAGE (UINT32_C(256) << 20)

/* Times and their distances are below this, some 146 years either way: the sum of two is a time. */
#define CODEC_TIME_END (INT64_MAX / 2)

/* --- writing --- */

void put_u8(GByteArray *out, uint8_t value);
void put_u32(GByteArray *out, uint32_t value);
void put_u64(GByteArray *out, uint64_t value);
void put_i64(GByteArray *out, int64_t value);
void put_bytes(GByteArray *out, const void *data, gsize size);
/* NULL counts as "". */
void put_text(GByteArray *out, const char *text);

/* Begins a message at the end of out; what is put until message_end() are its fields. */
gsize message_begin(GByteArray *out, uint8_t type);
void message_end(GByteArray *out, gsize begun);

/* --- reading --- */

typedef struct {
    const uint8_t *at, *end;
    bool bad;
} Reader;

/* All of the bytes; they stay the array's. */
Reader reader_of(const GByteArray *bytes);

uint8_t get_u8(Reader *r);
/* A u8 that is 0 or 1; an i64 of virtual time: another value makes the reader bad. */
bool get_flag(Reader *r);
VTime get_time(Reader *r);
uint32_t get_u32(Reader *r);
uint64_t get_u64(Reader *r);
int64_t get_i64(Reader *r);
/* Points into the message. */
const uint8_t *get_bytes(Reader *r, gsize *size);
/* Free with g_free(); never NULL. A NUL inside makes the reader bad. */
char *get_text(Reader *r);
/* The same for a person to read: text_plain(), text_line(). */
char *get_words(Reader *r);
char *get_line(Reader *r);
/* A count of things of at least `least` bytes each: more than can follow makes the reader bad. */
uint32_t get_count(Reader *r, gsize least);
/* False, with an error that names the message, if anything was missing or is left over. */
bool reader_done(const Reader *r, const char *what, GError **error);

/* A stream of bytes cut into messages. */
typedef struct Inbox Inbox;
Inbox *inbox_new(void);
void inbox_free(Inbox *inbox);
/* Room for `size` more bytes, of which inbox_filled() tells how many came. */
uint8_t *inbox_room(Inbox *inbox, gsize size);
void inbox_filled(Inbox *inbox, gsize size);
/* The next whole message: its type and fields, which stay until more bytes come. *type is 0 if
 * there is none yet. */
bool inbox_next(Inbox *inbox, uint8_t *type, Reader *fields, GError **error);

#endif
