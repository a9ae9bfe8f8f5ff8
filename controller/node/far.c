/* SPDX-License-Identifier: GPL-3.0-or-later */
/* far.c: see far.h. */
#include "controller/node/far.h"

FarCard *far_card_new(struct Node *node, unsigned index)
{
    FarCard *c = g_new0(FarCard, 1);

    c->node = node;
    c->index = index;
    c->own = vtime(INT64_MIN);
    c->due = g_array_new(FALSE, FALSE, sizeof(FarDue));
    c->sent = g_array_new(FALSE, FALSE, sizeof(FarFrame));
    c->bytes = g_byte_array_new();
    c->settled = g_array_new(FALSE, FALSE, sizeof(FarFrame));
    return c;
}

void far_card_free(FarCard *c)
{
    if (!c)
        return;
    g_array_unref(c->due);
    g_array_unref(c->sent);
    g_byte_array_unref(c->bytes);
    g_array_unref(c->settled);
    g_free(c);
}
