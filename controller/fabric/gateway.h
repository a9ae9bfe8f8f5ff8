/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gateway.h: a gateway is a way out of the virtual network: a unix datagram socket or a tap device.
 * One datagram on it is one Ethernet frame.
 *
 * Invariant: no function waits for the outside. Frames that the outside does not take at once are
 * kept, up to GATEWAY_MAX_BEHIND bytes, and offered again whenever a frame is sent. A gateway
 * belongs to one thread at a time.
 */
#ifndef FABRIC_GATEWAY_H
#define FABRIC_GATEWAY_H

#include "controller/base/vtime.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATEWAY_ERROR (gateway_error_quark())
GQuark gateway_error_quark(void);

#define GATEWAY_MAX_BEHIND ((size_t)1 << 20)

/* Either unix_path, with or without peer, or tap; NULL: not given. */
typedef struct {
    const char *unix_path; /* our socket, which is made here and removed at the end */
    const char *peer;      /* address for frames; NULL: the sender of the last datagram */
    const char *tap;       /* an interface that already exists */
} GatewayOptions;

typedef struct {
    uint64_t received; /* frames from outside */
    uint64_t sent;     /* frames that the outside took */
    uint64_t refused;  /* frames that the outside did not take: no peer, or too much kept */
} GatewayStats;

typedef struct Gateway Gateway;

/* Whether the options make sense. Touches nothing on the host. */
bool gateway_check(const GatewayOptions *options, GError **error);

/* Opens a gateway. `name` is for the log. A socket file at unix_path on which nobody listens any
 * more is replaced; any other file there is an error. Free with gateway_free(). */
Gateway *gateway_new(const char *name, const GatewayOptions *options, GError **error);

/* Closes the gateway and removes its socket. Accepts NULL. */
void gateway_free(Gateway *gateway);

/* A barrier is passed, and what follows is of it. One that was passed before, since gateway_begin(), is known:
 * the same frames come in as then, and what goes out is not sent once more. */
void gateway_pass(Gateway *gateway, VTime barrier);

/* Returns the next frame that has come in, or NULL. The frame is valid until the next call. Any
 * size is possible; for a frame above FRAME_MAX only the first FRAME_MAX of its *size bytes are
 * there. */
const uint8_t *gateway_receive(Gateway *gateway, size_t *size);

/* Offers the kept frames again. */
void gateway_flush(Gateway *gateway);

/* Sends or keeps the frame. Returns false and counts the frame as refused if there is nobody to
 * take it, or too much is kept already. */
bool gateway_send(Gateway *gateway, const uint8_t *frame, size_t size);

/* The past begins here: barriers behind it are new. */
void gateway_begin(Gateway *gateway, VTime now);
/* What came behind this barrier is no part of the run any more. */
void gateway_cut(Gateway *gateway, VTime now);
/* The network was put back to this time: the figures are those of then. */
void gateway_put_back(Gateway *gateway, VTime now);
/* Whether more has passed since gateway_begin() than can be given again (TAPE_MOST_BYTES, tape.h). */
bool gateway_forgets(const Gateway *gateway);

/* The options that the gateway was made with. The gateway owns them. */
const GatewayOptions *gateway_options(const Gateway *gateway);

/* For example "unix=/tmp/x peer=/tmp/y" or "tap=tap0". The gateway owns the text. */
const char *gateway_describe(const Gateway *gateway);
const GatewayStats *gateway_stats(const Gateway *gateway);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gateway, gateway_free)

#endif
