/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line-order.h: writes and reads MSG_LINE (protocol.h), by which a controller tells an agent to go
 * over to a TCP connection. Pure. */
#ifndef REMOTE_LINE_ORDER_H
#define REMOTE_LINE_ORDER_H

#include "controller/remote/line-proof.h"
#include "controller/remote/message.h"

typedef struct {
    bool listens;       /* the agent listens; else it connects */
    char *address;      /* numeric */
    unsigned low, high; /* ports; both 0: any. Where the agent connects both are the port */
    uint8_t secret[LINE_SECRET];
} LineOrder;

void line_order_put(GByteArray *out, const LineOrder *order);
/* Reads the whole message, or fails with REMOTE_ERROR_PROTOCOL and leaves nothing to free. */
bool line_order_get(Reader *r, LineOrder *order, GError **error);
void line_order_clear(LineOrder *order);

#endif
