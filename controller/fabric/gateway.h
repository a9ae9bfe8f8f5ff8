/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gateway.h: a way out of the virtual network: a unix datagram socket or a tap device, on which one
 * datagram is one Ethernet frame. Nothing here ever waits for the outside.
 *
 * What the outside does not take at once is kept, up to GATEWAY_MAX_BEHIND bytes, and offered again
 * whenever anything is sent. A gateway belongs to one thread at a time.
 */
#ifndef FABRIC_GATEWAY_H
#define FABRIC_GATEWAY_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATEWAY_ERROR (gateway_error_quark())
GQuark gateway_error_quark(void);

#define GATEWAY_MAX_BEHIND ((size_t)1 << 20)

/* Either unix_path, perhaps with peer, or tap; NULL: not given. */
typedef struct {
    const char *unix_path; /* our socket, made here and removed at the end */
    const char *peer;      /* where frames go; NULL: to whoever sent last */
    const char *tap;       /* an interface that is there already */
} GatewayOptions;

typedef struct {
    uint64_t received; /* frames from outside */
    uint64_t sent;     /* frames that the outside took */
    uint64_t refused;  /* that it did not take: no peer, or too far behind */
} GatewayStats;

typedef struct Gateway Gateway;

/* Whether the options make sense; touches nothing. */
bool gateway_check(const GatewayOptions *options, GError **error);

/* `name` is for the log. A socket at unix_path that nobody listens to any more is replaced,
 * anything else there is an error. */
Gateway *gateway_new(const char *name, const GatewayOptions *options, GError **error);

/* Takes NULL. */
void gateway_free(Gateway *gateway);

/* The next frame that has come in, NULL if there is none; valid until the next call. Its size may
 * be any; of one above FRAME_MAX there are fewer bytes than *size. */
const uint8_t *gateway_receive(Gateway *gateway, size_t *size);

/* Offers again what is kept. */
void gateway_flush(Gateway *gateway);

/* False, counted: there is nobody to take the frame, or too much is kept already. */
bool gateway_send(Gateway *gateway, const uint8_t *frame, size_t size);

/* "unix=/tmp/x peer=/tmp/y" or "tap=tap0". */
const char *gateway_describe(const Gateway *gateway);
const GatewayStats *gateway_stats(const Gateway *gateway);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gateway, gateway_free)

#endif
