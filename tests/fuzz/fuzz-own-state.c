/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-own-state.c: whatever the saved state of a session says, it is refused with a reason, or the
 * session is in that state and saves it again as bytes that are read in the same way. A check refuses
 * nothing of that.
 *
 * The session has the nodes a and b, which were not started.
 */
#include "controller/save/own-state.h"

#include "controller/base/log.h"
#include "controller/command/command.h"
#include "controller/qemu/node-save.h"
#include "controller/qemu/option-keys.h"
#include "controller/session/session-life.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void look(Session *s, const char *command)
{
    (void)s;
    (void)command;
}

static Session *make(void)
{
    Session *s = session_new((SessionOptions){.dry = true, .quiet = true}, NULL);

    demand(s);
    session_add_node(s, node_new(node_options_new("a"), 0));
    session_add_node(s, node_new(node_options_new("b"), 1));
    return s;
}

static void end(Session *s)
{
    for (unsigned i = 0; i < s->nodes->len; i++) /* they never had a machine */
        ((Node *)s->nodes->pdata[i])->state = NODE_ADDED;
    command_free_state(s);
    session_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autoptr(GByteArray) in = g_byte_array_new(), out = g_byte_array_new();
    g_autoptr(GError) error = NULL, why = NULL;
    g_autoptr(GPtrArray) nodes = NULL;
    Session *s;
    bool ok, foreseen;

    log_set_level(LOG_ERROR);
    g_byte_array_append(in, bytes, (guint)len);
    nodes = own_state_nodes(in, &error);
    demand(!nodes == !!error);
    for (unsigned i = 0; nodes && i < nodes->len; i++) {
        const NodeIdentity *id = nodes->pdata[i];

        demand(*id->name && !strchr(id->name, '/') && id->given->len % 2 == 0);
    }
    s = make();
    ok = own_state_get(s, in, look, &why);
    demand(ok == !why);
    demand(!ok || nodes);
    if (ok)
        own_state_put(s, out);
    end(s);
    s = make();
    g_clear_error(&why);
    foreseen = own_state_foresee(s, in, look, &why);
    demand(foreseen == !why && (foreseen || !ok));
    end(s);
    if (ok) {
        g_autoptr(GByteArray) again = g_byte_array_new();

        s = make();
        demand(own_state_get(s, out, look, NULL));
        own_state_put(s, again);
        demand(out->len == again->len && memcmp(out->data, again->data, out->len) == 0);
        end(s);
    }
    return 0;
}
