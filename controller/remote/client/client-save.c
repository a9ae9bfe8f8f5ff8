/* SPDX-License-Identifier: GPL-3.0-or-later */
/* client-save.c: requests about saved machines (protocol.h). */
#include "controller/remote/client/client-save.h"

#include "controller/base/memfile.h"
#include "controller/qemu/node-save.h"
#include "controller/remote/client/client-private.h"
#include "controller/remote/node-state.h"
#include "controller/remote/save-orders.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

static Node *node_at(const AgentClient *c, unsigned i)
{
    return c->nodes->pdata[i];
}

/* A request whose only field is a number. */
static bool ask(AgentClient *c, uint8_t type, unsigned number, Reader *answer, GError **error)
{
    g_autoptr(GByteArray) request = g_byte_array_new();
    gsize begun = message_begin(request, type);

    put_u32(request, number);
    message_end(request, begun);
    return agent_client_request(c, request, answer, error);
}

/* --- saving --- */

void agent_client_begin_save(AgentClient *c, VTime now)
{
    gsize begun;

    g_byte_array_set_size(c->order, 0);
    g_array_set_size(c->saved, 0);
    begun = message_begin(c->order, MSG_SAVE);
    put_i64(c->order, now.ns);
    put_u32(c->order, c->nodes->len);
    for (unsigned i = 0; i < c->nodes->len; i++) {
        unsigned number = ++c->last_number;

        put_u32(c->order, node_at(c, i)->index);
        put_u32(c->order, number);
    }
    message_end(c->order, begun);
    agent_client_begin_request(c, c->order);
}

static void on_console(unsigned node, VTime until, const uint8_t *bytes, gsize size, void *data)
{
    const AgentClient *c = data;

    if (node_at(c, node)->console)
        console_feed(node_at(c, node)->console, bytes, size, until);
}

static void on_sent(unsigned card, VTime boundary, VTime at, const uint8_t *bytes, gsize size,
                    void *data)
{
    const AgentClient *c = data;

    if (card < c->cards->len)
        port_report_sent(c->cards->pdata[card], boundary, at, bytes, size);
}

static void on_settled(unsigned card, unsigned id, unsigned flags, VTime boundary, VTime when,
                       void *data)
{
    const AgentClient *c = data;

    if (card < c->cards->len)
        port_report_settled(c->cards->pdata[card], boundary, when, id, flags & GRANT_REPORT_TAKEN,
                            flags & GRANT_REPORT_CARRIED);
}

static void get_past(const AgentClient *c, Reader *r, unsigned i)
{
    unsigned number = get_u32(r);
    gsize size;
    const uint8_t *bytes = get_bytes(r, &size);
    Reader past = {.at = bytes, .end = bytes ? bytes + size : NULL, .bad = r->bad};

    if (number > 0 && !r->bad) {
        node_past_get(&past, node_at(c, i));
        reader_demand(r, !reader_problem(&past));
    }
    g_array_append_val(c->saved, number);
}

static void get_cards(const AgentClient *c, Reader *r)
{
    uint32_t n = get_count(r, 9);

    reader_demand(r, n == c->cards->len);
    for (uint32_t i = 0; i < n && !r->bad; i++) {
        Port *p = c->cards->pdata[i];

        p->reached = get_time(r);
        p->stuck = get_flag(r);
    }
}

bool agent_client_end_save(AgentClient *c, GError **error)
{
    static const GrantReportFuncs funcs = {
        .console = on_console, .sent = on_sent, .settled = on_settled};
    GrantReportHead head;
    uint32_t n;
    Reader r;

    if (!agent_client_end_request(c, &r, error))
        return false;
    grant_report_read(&r, c->nodes->len, &head, &funcs, c);
    n = get_count(&r, 8);
    reader_demand(&r, n == c->nodes->len);
    for (uint32_t i = 0; i < n && !r.bad; i++)
        get_past(c, &r, i);
    get_cards(c, &r);
    return reader_done(&r, "save", error);
}

unsigned agent_client_saved(const AgentClient *c, const Node *node)
{
    for (unsigned i = 0; i < c->nodes->len && i < c->saved->len; i++)
        if (node_at(c, i) == node)
            return g_array_index(c->saved, unsigned, i);
    return 0;
}

void agent_client_forget(AgentClient *c, unsigned number)
{
    Reader r;

    if (!agent_client_lost(c))
        ask(c, MSG_FORGET, number, &r, NULL);
}

/* --- copying --- */

static bool fetch_part(AgentClient *c, unsigned number, unsigned part, int fd, AgentClientStop stop,
                       const void *data, GError **error)
{
    struct stat about = {0};
    uint64_t at = 0;
    gsize size;

    fstat(fd, &about);
    do {
        g_autoptr(GByteArray) request = g_byte_array_new();
        gsize begun = message_begin(request, MSG_FETCH);
        const uint8_t *bytes;
        Reader r;

        put_u32(request, number);
        put_u32(request, part);
        put_u64(request, at);
        message_end(request, begun);
        if (stop && stop(data)) {
            g_set_error(error, NODE_ERROR, NODE_ERROR_INTERRUPTED,
                        "interrupted while a saved machine was copied");
            return false;
        }
        if (!agent_client_request(c, request, &r, error))
            return false;
        at = get_u64(&r);
        bytes = get_bytes(&r, &size);
        reader_demand(&r, at <= (uint64_t)about.st_size && size <= (uint64_t)about.st_size - at);
        if (!reader_done(&r, "fetch", error))
            return false;
        if (!memfile_write(fd, bytes, size, (off_t)at)) {
            g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "no memory for a saved machine: %s",
                        g_strerror(errno));
            return false;
        }
        at += size;
    } while (size > 0);
    return memfile_seal(fd, error);
}

bool agent_client_fetch(AgentClient *c, unsigned number, MachineState *out, AgentClientStop stop,
                        const void *data, GError **error)
{
    g_auto(MachineState) s = MACHINE_STATE_NONE;
    g_auto(PartsOrder) parts = {0};
    unsigned heads;
    Reader r;

    if (!ask(c, MSG_PARTS, number, &r, error) || !parts_order_get(&r, &parts, error))
        return false;
    s.whole = parts.whole;
    s.overlays = overlays_new();
    heads = s.whole ? 1 : 2;
    for (unsigned i = 0; i < parts.names->len; i++) {
        int fd = memfile_new("saved", g_array_index(parts.sizes, int64_t, i), error);

        if (fd < 0)
            return false;
        if (i >= heads)
            overlays_add(s.overlays, parts.names->pdata[i], fd);
        else
            *(i == 0 ? &s.devices : &s.ram) = fd;
        if (!fetch_part(c, number, i, fd, stop, data, error))
            return false;
    }
    *out = machine_state_steal(&s);
    return true;
}

static bool fill_part(AgentClient *c, unsigned number, unsigned part, const MachineState *s,
                      GError **error)
{
    g_autofree uint8_t *bytes = g_malloc(PROTOCOL_PART_BYTES);
    int64_t at = 0;
    ssize_t n;

    while ((n = machine_state_part_read(s, part, at, bytes, PROTOCOL_PART_BYTES, &at, error)) > 0) {
        g_autoptr(GByteArray) request = g_byte_array_new();
        gsize begun = message_begin(request, MSG_FILL);
        Reader r;

        put_u32(request, number);
        put_u32(request, part);
        put_u64(request, (uint64_t)at);
        put_bytes(request, bytes, (gsize)n);
        message_end(request, begun);
        if (!agent_client_request(c, request, &r, error))
            return false;
        at += n;
    }
    return n == 0;
}

static bool store(AgentClient *c, const MachineState *s, unsigned number, GError **error)
{
    g_auto(PartsOrder) parts = {0};
    g_autoptr(GByteArray) request = g_byte_array_new();
    gsize begun = message_begin(request, MSG_STORE);
    Reader r;

    parts_order_init(&parts, s->whole);
    for (unsigned i = 0; i < machine_state_n_parts(s); i++)
        parts_order_add(&parts, machine_state_part_name(s, i), machine_state_part_size(s, i));
    put_u32(request, number);
    parts_order_put(request, &parts);
    message_end(request, begun);
    if (!agent_client_request(c, request, &r, error))
        return false;
    for (unsigned i = 0; i < machine_state_n_parts(s); i++)
        if (!fill_part(c, number, i, s, error))
            return false;
    return true;
}

bool agent_client_store(AgentClient *c, const MachineState *machine, unsigned *number,
                        GError **error)
{
    unsigned given = ++c->last_number;

    if (!store(c, machine, given, error)) {
        agent_client_forget(c, given);
        return false;
    }
    *number = given;
    return true;
}

/* --- restoring --- */

static void forget_cards(AgentClient *c)
{
    g_ptr_array_set_size(c->cards, 0);
    c->n_changes = 0;
    c->remote.driven = vtime(0);
}

void agent_client_begin_restore(AgentClient *c, const GArray *nodes, bool keep_ram,
                                const char *qemu)
{
    gsize begun;

    forget_cards(c);
    g_byte_array_set_size(c->order, 0);
    begun = message_begin(c->order, MSG_RESTORE);
    put_u8(c->order, keep_ram);
    put_text(c->order, qemu);
    put_u32(c->order, nodes->len);
    for (unsigned i = 0; i < nodes->len; i++) {
        const AgentClientSaved *s = &g_array_index(nodes, AgentClientSaved, i);

        put_u32(c->order, s->node->index);
        put_u32(c->order, s->number);
        put_text(c->order, s->version);
    }
    message_end(c->order, begun);
    agent_client_begin_request(c, c->order);
}

bool agent_client_end_restore(AgentClient *c, const GArray *nodes, GError **error)
{
    GError *e = NULL;
    Reader r;

    if (agent_client_end_request(c, &r, &e)) {
        for (unsigned i = 0; i < nodes->len; i++)
            agent_client_get_node(g_array_index(nodes, AgentClientSaved, i).node, &r);
        if (reader_done(&r, "restore", &e))
            return true;
    }
    for (unsigned i = 0; i < c->nodes->len; i++)
        node_state_fail(node_at(c, i), c->remote.name, e->message);
    agent_client_check_life(c);
    g_propagate_error(error, e);
    return false;
}

bool agent_client_knows(AgentClient *c, const Node *node)
{
    bool known;

    g_mutex_lock(&c->lock);
    known = g_ptr_array_find(c->nodes, node, NULL);
    g_mutex_unlock(&c->lock);
    return known;
}

bool agent_client_send_past(AgentClient *c, const Node *node, GError **error)
{
    g_autoptr(GByteArray) request = g_byte_array_new(), past = g_byte_array_new();
    gsize begun = message_begin(request, MSG_PAST);
    Reader r;

    node_past_put(past, node);
    node_hit_put(past, node);
    put_u32(request, node->index);
    put_i64(request, node->epoch.ns);
    put_bytes(request, past->data, past->len);
    message_end(request, begun);
    return agent_client_request(c, request, &r, error);
}

bool agent_client_close_cards(AgentClient *c, GError **error)
{
    g_autoptr(GByteArray) request = g_byte_array_new();
    Reader r;

    forget_cards(c);
    message_end(request, message_begin(request, MSG_CLOSE_CARDS));
    return agent_client_request(c, request, &r, error);
}
