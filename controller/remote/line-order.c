/* SPDX-License-Identifier: GPL-3.0-or-later */
/* line-order.c: encodes and decodes MSG_LINE. */
#include "controller/remote/line-order.h"

#include <string.h>

#define PORT_END 65536

void line_order_put(GByteArray *out, const LineOrder *o)
{
    put_flag(out, o->listens);
    put_text(out, o->address);
    put_u32(out, o->low);
    put_u32(out, o->high);
    put_bytes(out, o->secret, sizeof(o->secret));
}

bool line_order_get(Reader *r, LineOrder *o, GError **error)
{
    const uint8_t *secret;
    gsize size;

    *o = (LineOrder){.listens = get_flag(r)};
    o->address = get_text(r);
    o->low = get_u32(r);
    o->high = get_u32(r);
    secret = get_bytes(r, &size);
    reader_demand(r, o->low <= o->high && o->high < PORT_END && (o->low > 0 || o->high == 0));
    reader_demand(r, o->listens || (o->low > 0 && o->low == o->high));
    reader_demand(r, secret && size == sizeof(o->secret));
    if (reader_done(r, "line", error) && secret) {
        memcpy(o->secret, secret, sizeof(o->secret));
        return true;
    }
    line_order_clear(o);
    return false;
}

void line_order_clear(LineOrder *o)
{
    g_clear_pointer(&o->address, g_free);
    memset(o->secret, 0, sizeof(o->secret));
}
