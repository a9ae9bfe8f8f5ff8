/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent-stub.c: what looks like the gdbstub of a node to the controller. Requests are forwarded to
 * QEMU's own, but for points, which the lanes must know of (engine/debug.h).
 */
#include "controller/engine/debug.h"
#include "controller/remote/agent-private.h"
#include "gdbstub-client/packet.h"

#include <string.h>

struct Stub {
    Agent *agent;
    Node *node;
    GdbDecoder *decoder;
    GString *answer, *frame;
};

Stub *stub_new(Agent *agent, Node *node, GError **error)
{
    Stub *s;

    if (!debug_use(node, error))
        return NULL;
    s = g_new0(Stub, 1);
    s->agent = agent;
    s->node = node;
    s->decoder = gdb_decoder_new();
    s->answer = g_string_new(NULL);
    s->frame = g_string_new(NULL);
    return s;
}

void stub_free(Stub *s)
{
    if (!s)
        return;
    debug_release(s->node);
    gdb_decoder_free(s->decoder);
    g_string_free(s->answer, TRUE);
    g_string_free(s->frame, TRUE);
    g_free(s);
}

/* "Z0,4000,4" or "z…"; false: it is none. */
static bool take_point(Stub *s, const char *packet)
{
    g_auto(GStrv) words = NULL;
    g_autoptr(GError) error = NULL;
    uint64_t type, address, kind;
    bool ok;

    if (packet[0] != 'Z' && packet[0] != 'z')
        return false;
    words = g_strsplit(packet + 1, ",", 3);
    ok = g_strv_length(words) == 3 &&
         g_ascii_string_to_unsigned(words[0], 16, 0, GDB_POINT_ACCESS, &type, NULL) &&
         g_ascii_string_to_unsigned(words[1], 16, 0, UINT64_MAX, &address, NULL) &&
         g_ascii_string_to_unsigned(words[2], 16, 0, UINT32_MAX, &kind, NULL) &&
         (packet[0] == 'Z' ? debug_add_point : debug_remove_point)(s->node, (GdbPoint)type, address,
                                                                   (unsigned)kind, &error);
    g_string_assign(s->answer, ok ? "OK" : "E22");
    return true;
}

static void answer(Stub *s, const GdbToken *packet)
{
    g_autoptr(GError) error = NULL;
    GByteArray *made = s->agent->made;
    gsize begun;

    g_string_truncate(s->answer, 0);
    if (!take_point(s, packet->data) && !gdb_forward(debug_client(s->node), packet->data,
                                                     packet->len, s->answer, NODE_REPLY_MS, &error))
        g_string_assign(s->answer, "E01");
    g_string_assign(s->frame, "+");
    gdb_packet_append(s->frame, s->answer->str, s->answer->len);
    begun = message_begin(made, MSG_STUB);
    put_u32(made, s->node->index);
    put_bytes(made, s->frame->str, s->frame->len);
    message_end(made, begun);
    agent_send(s->agent, made);
}

void stub_take(Stub *s, const uint8_t *bytes, gsize size)
{
    for (gsize used = 0; used < size;) {
        GdbToken token;

        used += gdb_decoder_push(s->decoder, bytes + used, size - used, &token);
        if (token.kind == GDB_TOKEN_PACKET)
            answer(s, &token);
    }
}
