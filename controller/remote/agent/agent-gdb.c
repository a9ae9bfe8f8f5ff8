/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * agent-gdb.c: the gdb relay, which looks like the gdbstub of a node to the controller. Requests
 * are parsed and answered in the same way as requests of a user's gdb (engine/debug-view.h).
 * Requests that would resume the node are unknown here: only the workers resume nodes.
 */
#include "controller/engine/debug-view.h"
#include "controller/remote/agent/agent-private.h"
#include "gdbstub-client/packet.h"

#include <string.h>

struct GdbRelay {
    Agent *agent;
    Node *node;
    DebugView *view;
    GdbDecoder *decoder;
    GString *answer, *frame;
};

GdbRelay *gdb_relay_new(Agent *agent, Node *node, GError **error)
{
    DebugView *view = debug_view_new(node, error);
    GdbRelay *s;

    if (!view)
        return NULL;
    s = g_new0(GdbRelay, 1);
    s->agent = agent;
    s->node = node;
    s->view = view;
    s->decoder = gdb_decoder_new();
    s->answer = g_string_new(NULL);
    s->frame = g_string_new(NULL);
    return s;
}

void gdb_relay_free(GdbRelay *s)
{
    if (!s)
        return;
    debug_view_free(s->view);
    gdb_decoder_free(s->decoder);
    g_string_free(s->answer, TRUE);
    g_string_free(s->frame, TRUE);
    g_free(s);
}

static void answer(GdbRelay *s, const GdbToken *packet)
{
    GByteArray *made = s->agent->made;
    GdbRequest request;
    gsize begun;

    gdb_request_parse(&request, packet->data, packet->len);
    debug_view_answer(s->view, &request, s->answer);
    gdb_request_clear(&request);
    g_string_assign(s->frame, "+");
    gdb_packet_append(s->frame, s->answer->str, s->answer->len);
    begun = message_begin(made, MSG_STUB);
    put_u32(made, s->node->index);
    put_bytes(made, s->frame->str, s->frame->len);
    message_end(made, begun);
    agent_send(s->agent, made);
}

void gdb_relay_send(GdbRelay *s, const uint8_t *bytes, gsize size)
{
    for (gsize used = 0; used < size;) {
        GdbToken token;

        used += gdb_decoder_push(s->decoder, bytes + used, size - used, &token);
        if (token.kind == GDB_TOKEN_PACKET)
            answer(s, &token);
    }
}
