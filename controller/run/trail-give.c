/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trail-give.c: gives again what came from outside. */
#include "controller/base/units.h"
#include "controller/qemu/consoles.h"
#include "controller/qemu/debug.h"
#include "controller/run/guest-agent.h"
#include "controller/run/peek.h"
#include "controller/run/poke.h"
#include "controller/run/trail-private.h"
#include "controller/session/session-error.h"

static bool write_all_registers(Node *n, const GdbThread *thread, const JournalEntry *e,
                                GError **error)
{
    gsize size, done = 0;
    const uint8_t *bytes = g_bytes_get_data(e->data, &size);
    const GArray *all = gdb_register_list(debug_client(n), NODE_REPLY_MS, error);

    for (unsigned i = 0; all && i < all->len && done < size; i++) {
        const GdbRegister *r = &g_array_index(all, GdbRegister, i);
        gsize width = (r->bitsize + 7) / 8;

        if (done + width > size)
            break;
        if (!gdb_register_write_bytes(debug_client(n), thread, r->name, bytes + done, width,
                                      NODE_REPLY_MS, error))
            return false;
        done += width;
    }
    return all != NULL;
}

static bool give_registers(Node *n, const JournalEntry *e, GError **error)
{
    gsize size;
    const uint8_t *bytes = g_bytes_get_data(e->data, &size);
    GdbThread thread;
    bool ok;

    if (!peek_begin(n, e->unit, &thread, error))
        return false;
    ok = e->kind == JOURNAL_REGISTERS ? write_all_registers(n, &thread, e, error)
                                      : gdb_register_write_bytes(debug_client(n), &thread, e->name,
                                                                 bytes, size, NODE_REPLY_MS, error);
    debug_release(n);
    return ok;
}

static bool give_data(Session *s, Node *n, const JournalEntry *e, GError **error)
{
    gsize size = 0;
    const void *bytes = e->data ? g_bytes_get_data(e->data, &size) : NULL;

    switch (e->kind) {
    case JOURNAL_TYPED:
        return console_send(node_console(n, (unsigned)e->unit), bytes, size, error);
    case JOURNAL_MEMORY:
        return poke_memory(n, (unsigned)e->unit, e->address, bytes, size, e->physical, error);
    case JOURNAL_REGISTER:
    case JOURNAL_REGISTERS:
        return give_registers(n, e, error);
    case JOURNAL_ASKED:
        return guest_agent_give(n, bytes, size, error);
    case JOURNAL_COMMAND:
        return s->trail->hooks->command(s, e->words, error);
    case JOURNAL_STEPS:
        break;
    }
    g_assert_not_reached();
}

bool trail_give_input(Session *s, const TrailItem *item, GError **error)
{
    const JournalEntry *e = item->entry;
    Node *n = (Node *)item->node;
    GError *why = NULL;

    if (!give_data(s, n, e, &why)) {
        g_autofree char *text = journal_text(e), *time = units_format_seconds(item->time);

        g_set_error(error, SESSION_ERROR, SESSION_ERROR_FAILED,
                    "what came from outside at %s can't be given again: %s: %s", time, text,
                    why->message);
        g_error_free(why);
        return false;
    }
    if (e->kind != JOURNAL_COMMAND) /* it adds its own entry */
        journal_add(s, n, e);
    return true;
}
