/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * message.h: messages between controller and agent, as bytes (base/codec.h). Pure. A message is the
 * length of the rest (32 bits), its type (8 bits) and its fields (protocol.h).
 */
#ifndef REMOTE_MESSAGE_H
#define REMOTE_MESSAGE_H

#include "controller/base/codec.h"

#define REMOTE_ERROR (remote_error_quark())
GQuark remote_error_quark(void);

typedef enum {
    REMOTE_ERROR_PROTOCOL, /* the received bytes are no message of this protocol */
    REMOTE_ERROR_VERSION,  /* the other side has another protocol version */
    REMOTE_ERROR_LOST,     /* the connection is gone */
    REMOTE_ERROR_REFUSED,  /* the other side has refused */
} RemoteError;

/* Begins a message at the end of out. Everything put before message_end() is a field of the
 * message. Returns the argument `begun` of message_end(). */
gsize message_begin(GByteArray *out, uint8_t type);
void message_end(GByteArray *out, gsize begun);

/* False, with an error that names the message: a field was missing or wrong, or bytes are left. */
bool reader_done(const Reader *r, const char *what, GError **error);

/* Cuts a stream of bytes into messages. */
typedef struct Inbox Inbox;
Inbox *inbox_new(void);
/* NULL is allowed. */
void inbox_free(Inbox *inbox);
/* Room for `size` more bytes, valid until inbox_filled(). */
uint8_t *inbox_room(Inbox *inbox, gsize size);
/* `size` bytes were written to the room. */
void inbox_filled(Inbox *inbox, gsize size);
/* The next whole message: its type and its fields, which are valid until inbox_room() is called.
 * *type is 0 if there is none yet. False, with an error: the bytes are no message. */
bool inbox_next(Inbox *inbox, uint8_t *type, Reader *fields, GError **error);

#endif
