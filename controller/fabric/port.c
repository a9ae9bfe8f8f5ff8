/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * port.c: where a port's frames come from, and where the fate of the frames is reported.
 *
 * Ids: the network here and the card's host take the same frames for a port in the same order, and
 * each side counts them. So an id is enough to settle a frame, although an island's frames are
 * never sent from one side to the other.
 */
#include "controller/fabric/port.h"

/* Most frames from outside that one barrier takes in; the others wait in the kernel. */
#define MAX_FROM_OUTSIDE 256

Port *port_new(Node *node, unsigned card, unsigned index, Network *net)
{
    Port *p = g_new0(Port, 1);

    *p = (Port){.node = node,
                .card = card,
                .index = index,
                .net = net,
                .own = {INT64_MIN},
                .flights = g_array_new(FALSE, FALSE, sizeof(Flight)),
                .due = g_array_new(FALSE, FALSE, sizeof(Flight)),
                .sent = g_array_new(FALSE, FALSE, sizeof(Flight)),
                .bytes = g_byte_array_new(),
                .settled = g_array_new(FALSE, FALSE, sizeof(Flight)),
                .awaited = g_ptr_array_new()};
    return p;
}

Port *port_new_gateway(Gateway *gateway, unsigned index, Network *net)
{
    Port *p = port_new(NULL, 0, index, net);

    p->mode = PORT_GATEWAY;
    p->gateway = gateway;
    return p;
}

/* Frees the bytes that no network owns. */
static void free_bytes(const GArray *frames, unsigned from)
{
    for (guint i = from; i < frames->len; i++)
        if (!g_array_index(frames, Flight, i).delivery)
            g_free((void *)g_array_index(frames, Flight, i).data);
}

void port_free(void *data)
{
    Port *p = data;

    if (!p)
        return;
    free_bytes(p->flights, 0);
    free_bytes(p->due, p->n_used);
    gateway_free(p->gateway);
    g_array_unref(p->flights);
    g_array_unref(p->due);
    g_array_unref(p->sent);
    g_byte_array_unref(p->bytes);
    g_array_unref(p->settled);
    g_ptr_array_unref(p->awaited);
    g_free(p);
}

bool port_in_flight(const Port *p)
{
    return p->nic ? nic_holds(p->nic) : p->in_flight;
}

/* --- the card's view --- */

void port_send(Port *p, VTime now, VTime at, const uint8_t *frame, size_t size)
{
    if (p->mode == PORT_DIRECT) {
        network_send(p->net, p->index, at, frame, size);
        return;
    }
    port_report_sent(p, now, at, frame, size);
    if (port_is_island(p))
        network_send(p->replica, p->index, at, frame, size);
}

static bool pop_from(Network *net, const Port *p, VTime until, Flight *out)
{
    NetDelivery *d;

    if (!net || !network_next(net, p->index, until))
        return false;
    d = network_pop(net, p->index);
    *out = (Flight){.due = d->due, .data = d->data, .size = d->size, .delivery = d, .net = net};
    return true;
}

/* Takes a frame from the network here. The report of the card's host will settle the frame. */
static bool pop_awaited(Port *p, VTime until, Flight *out)
{
    if (!pop_from(p->net, p, until, out))
        return false;
    out->id = p->first_id + p->awaited->len;
    g_ptr_array_add(p->awaited, out->delivery);
    return true;
}

static bool pop_granted(Port *p, VTime until, Flight *out)
{
    if (p->n_used == p->due->len || g_array_index(p->due, Flight, p->n_used).due.ns > until.ns)
        return false;
    *out = g_array_index(p->due, Flight, p->n_used++);
    return true;
}

/* The replica's frames come first: some are left when a port's island has become none. */
bool port_next(Port *p, VTime until, Flight *out)
{
    if (p->mode == PORT_DIRECT)
        return pop_from(p->net, p, until, out);
    if (pop_from(p->replica, p, vtime(MIN(until.ns, p->own.ns)), out)) {
        out->id = p->n_copied++;
        return true;
    }
    if (port_is_island(p))
        return false;
    return p->net ? pop_awaited(p, until, out) : pop_granted(p, until, out);
}

static void end(Network *net, NetDelivery *d, bool taken, bool carried, VTime when)
{
    d->carried = carried;
    if (taken)
        network_delivered(net, d, when);
    else
        network_refused(net, d, when);
}

void port_settle(Port *p, const Flight *f, VTime now, bool taken, VTime when)
{
    if (p->mode == PORT_DIRECT) {
        end(p->net, f->delivery, taken, f->carried, when);
        return;
    }
    port_report_settled(p, now, when, f->id, taken, f->carried);
    if (!f->delivery)
        g_free((void *)f->data);
    else if (f->net == p->replica)
        network_refused(p->replica, f->delivery, now); /* the replica does not need the fate */
}

/* --- reports --- */

void port_report_sent(Port *p, VTime boundary, VTime at, const uint8_t *frame, size_t size)
{
    Flight f = {.boundary = boundary, .at = at, .size = size};

    g_byte_array_append(p->bytes, frame, (guint)size);
    g_array_append_val(p->sent, f);
}

void port_report_settled(Port *p, VTime boundary, VTime when, unsigned id, bool taken, bool carried)
{
    Flight f = {.boundary = boundary, .at = when, .id = id, .taken = taken, .carried = carried};

    g_array_append_val(p->settled, f);
}

void port_forget_reports(Port *p)
{
    g_array_set_size(p->sent, 0);
    g_array_set_size(p->settled, 0);
    g_byte_array_set_size(p->bytes, 0);
    p->n_applied = 0;
}

/* --- the network's view --- */

static void apply_sent(Port *p, VTime now)
{
    guint n = 0;

    for (; n < p->sent->len; n++) {
        const Flight *f = &g_array_index(p->sent, Flight, n);

        if (f->boundary.ns > now.ns)
            break;
        network_send(p->net, p->index, f->at, p->bytes->data + p->n_applied, f->size);
        p->n_applied += f->size;
    }
    g_array_remove_range(p->sent, 0, n);
    if (p->sent->len == 0) {
        g_byte_array_set_size(p->bytes, 0);
        p->n_applied = 0;
    }
}

/* Settles the reported frame. False: no such frame is on its way. */
static bool settle_reported(Port *p, const Flight *f)
{
    unsigned i = f->id - p->first_id;
    NetDelivery *d = i < p->awaited->len ? p->awaited->pdata[i] : NULL;

    if (!d)
        return false;
    p->awaited->pdata[i] = NULL;
    end(p->net, d, f->taken, f->carried, f->at);
    return true;
}

unsigned port_apply_reports(Port *p, VTime now)
{
    unsigned unknown = 0;
    guint n = 0;

    apply_sent(p, now);
    for (; n < p->settled->len; n++) {
        const Flight *f = &g_array_index(p->settled, Flight, n);

        if (f->boundary.ns > now.ns)
            break;
        if (!settle_reported(p, f) &&
            f->taken) /* a refused one is known: its node is off, and port_refuse() came first */
            unknown++;
    }
    g_array_remove_range(p->settled, 0, n);
    return unknown;
}

static void drop_settled(Port *p)
{
    unsigned done = 0;

    while (done < p->awaited->len && !p->awaited->pdata[done])
        done++;
    if (done > 0)
        g_ptr_array_remove_range(p->awaited, 0, done);
    p->first_id += done;
}

void port_hand_over(Port *p, VTime until)
{
    bool island = port_is_island(p);
    Flight f;

    drop_settled(p);
    if (p->mode == PORT_AHEAD && !island)
        return; /* the card takes the frames itself */
    while (pop_awaited(p, until, &f))
        if (!island)
            g_array_append_val(p->due, f);
}

void port_refuse(Port *p, VTime now)
{
    NicFill fill = {0};

    if (now.ns <= p->node->remote->driven.ns)
        return; /* the port's host, which may be ahead of this one, reports these frames */
    g_array_set_size(p->due, 0);
    for (guint i = 0; i < p->awaited->len; i++) {
        NetDelivery *d = p->awaited->pdata[i];

        if (!d)
            continue;
        if (d->due.ns > now.ns || !nic_fill(&fill, d->size))
            return;
        p->awaited->pdata[i] = NULL;
        network_refused(p->net, d, now);
    }
}

/* Passes frames through a gateway, always at barriers. The outside knows no virtual time, so a
 * frame that is to leave exactly counts as sent at its due time. */
void port_pass(const Port *p, VTime now)
{
    bool exact = network_exact(p->net, p->index);
    const uint8_t *frame;
    Flight f;
    size_t size;

    if (!p->gateway)
        return;
    gateway_pass(p->gateway, now);
    gateway_flush(p->gateway);
    while (pop_from(p->net, p, now, &f)) {
        VTime when = vtime_ceil_us(f.due);

        if (!exact || when.ns > now.ns)
            when = now;
        end(p->net, f.delivery, gateway_send(p->gateway, f.data, f.size), false, when);
    }
    for (unsigned i = 0; i < MAX_FROM_OUTSIDE && (frame = gateway_receive(p->gateway, &size)); i++)
        network_send(p->net, p->index, now, frame, size);
}

void port_refuse_closed(const Port *p, VTime now)
{
    const NetDelivery *next;
    NicFill fill = {0};

    while ((next = network_next(p->net, p->index, now)) && nic_fill(&fill, next->size))
        network_refused(p->net, network_pop(p->net, p->index), now);
}

/* --- for saves --- */

/* Gives back the frames of this network that were taken and not settled. */
static void give_back(const Port *p)
{
    for (guint i = 0; i < p->awaited->len; i++)
        if (p->awaited->pdata[i])
            network_return(p->net, p->awaited->pdata[i]);
    for (guint i = 0; p->mode == PORT_DIRECT && i < p->flights->len; i++)
        network_return(p->net, g_array_index(p->flights, Flight, i).delivery);
}

unsigned port_close(Port *p, VTime filled)
{
    unsigned unknown = 0;

    if (port_runs_ahead(p)) {
        if (port_is_island(
                p)) /* the card may have frames that were not taken from the network here */
            port_hand_over(p, filled);
        unknown = port_apply_reports(p, vtime(INT64_MAX));
    }
    give_back(p);
    g_array_set_size(p->flights, 0);
    g_array_set_size(p->due, 0);
    g_ptr_array_set_size(p->awaited, 0);
    port_forget_reports(p);
    p->n_used = p->n_copied = p->first_id = 0;
    p->own = vtime(INT64_MIN);
    p->replica = NULL;
    p->in_flight = false;
    p->exact = false;
    p->mode = PORT_CLOSED;
    return unknown;
}

void port_save(const Port *p, GByteArray *out)
{
    put_i64(out, p->reached.ns);
    put_u8(out, p->stuck);
}

void port_load(Port *p, Reader *r)
{
    p->reached = get_time(r);
    p->stuck = get_flag(r);
}

/* --- in an agent --- */

void port_drop_used(Port *p)
{
    g_array_remove_range(p->due, 0, p->n_used);
    p->n_used = 0;
}

void port_grant(Port *p, const Flight *flight)
{
    Flight f = *flight;

    f.data = g_memdup2(flight->data, flight->size);
    g_array_append_val(p->due, f);
}
