/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flow.c: moves the frames on their way.
 *
 * Invariant: each frame that waits for its time is a Packet in the network's heap of events or,
 * once the due time at a port is known, in the heap of the port. Each way of a link is fed by one
 * port or one switch. So a way receives its frames in the order of time, independent of events
 * elsewhere.
 */
#include "controller/network/digest.h"
#include "controller/network/headers.h"
#include "controller/network/network-private.h"
#include "controller/network/network.h"

#include <string.h>

Packet *flow_packet(Network *net, Frame *frame)
{
    Packet *packet = net->free_packets, *next_ever;

    if (packet) {
        net->free_packets = packet->next_free;
    } else {
        packet = g_new0(Packet, 1);
        packet->next_ever = net->packets;
        net->packets = packet;
    }
    next_ever = packet->next_ever;
    *packet = (Packet){
        .d = {.data = frame->data, .size = frame->size}, .frame = frame, .next_ever = next_ever};
    return packet;
}

static void observe(const Network *net, const NetEvent *event)
{
    for (unsigned i = 0; i < net->observers->len; i++) {
        const Observer *o = &g_array_index(net->observers, Observer, i);

        o->func(event, o->data);
    }
}

/* Reports the end of a frame's last copy, and drops the packet's reference to the frame. */
static void packet_free(Network *net, Packet *packet)
{
    const Frame *f = packet->frame;
    NetEvent e = {.kind = NET_ENDED,
                  .frame = f->number,
                  .port = packet->d.from,
                  .from = packet->d.from,
                  .sent = packet->d.sent,
                  .when = net->clock,
                  .data = f->data,
                  .size = f->size};

    if (f->refs == 1)
        observe(net, &e);
    frame_unref(&net->frames, packet->frame);
    packet->frame = NULL;
    packet->next_free = net->free_packets;
    net->free_packets = packet;
}

void flow_clear(Network *net)
{
    while (net->packets) {
        Packet *packet = net->packets;

        if (packet->frame)
            frame_unref(&net->frames, packet->frame);
        net->packets = packet->next_ever;
        g_free(packet);
    }
    g_clear_pointer(&net->loaded, g_ptr_array_unref);
    heap_clear(&net->events);
    frame_pool_clear(&net->frames);
}

/* Returns the receiving port of a frame: the other end of a link between two ports, or the port
 * with the frame's address; NULL if unknown. */
static const NetPort *receiver(const Network *net, const NetPort *sender, const Frame *frame)
{
    if (sender->link != NO_LINK) {
        NetEnd remote = link_at(net, sender->link)->ends[!sender->direction];

        if (!remote.is_switch)
            return port_at(net, remote.index);
    }
    for (unsigned i = 0; !sender->uart && i < net->ports->len; i++)
        if (!port_at(net, i)->uart && memcmp(port_at(net, i)->mac, frame->data, MAC_LEN) == 0)
            return port_at(net, i);
    return NULL;
}

static uint64_t record(Network *net, const NetEvent *e, Frame *frame)
{
    static const Headers byte = {.type = 0};
    const Headers headers =
        port_at(net, e->from)->uart ? byte : headers_read(frame->data, frame->size);
    const NetPort *port = port_at(net, e->port);
    const NetPort *peer = e->kind == NET_DELIVERED ? port_at(net, e->from)
                                                   : receiver(net, port_at(net, e->from), frame);
    TraceRecord r = {.kind = (TraceKind)e->kind,
                     .node = port->trace_node,
                     .peer_node = peer ? peer->trace_node : TRACE_NO_NODE,
                     .port = port->name,
                     .peer = peer ? peer->name : NULL,
                     .size = e->size,
                     .sent = e->sent,
                     .due = e->due,
                     .when = e->when,
                     .queued = e->queued,
                     .bits = e->bits,
                     .type = (uint16_t)headers.type,
                     .proto = (uint16_t)headers.proto};

    if (e->kind == NET_DROPPED)
        r.reason = net_drop_name(e->drop);
    else if (e->late)
        r.reason = "late";
    else if (e->carried)
        r.reason = "carried";
    if (frame->digest == 0)
        frame->digest = digest64(frame->data, frame->size, 0);
    r.digest = frame->digest;
    return trace_append(net->trace, &r, &frame->clock);
}

static void report_event(Network *net, NetEvent e, Frame *frame)
{
    e.frame = frame->number;
    e.data = frame->data;
    e.size = frame->size;
    if (net->trace && e.kind <= NET_DROPPED)
        e.trace_number = record(net, &e, frame);
    observe(net, &e);
}

/* Records the end of a frame, or of a copy, on link `link` (NO_LINK: not on a link). */
static void drop(Network *net, const Packet *packet, unsigned link, unsigned direction, VTime when,
                 NetDrop why)
{
    NetEvent e = {.kind = NET_DROPPED,
                  .drop = why,
                  .port = packet->d.from,
                  .from = packet->d.from,
                  .has_link = link != NO_LINK,
                  .link = link,
                  .direction = direction,
                  .sent = packet->d.sent,
                  .due = packet->d.due,
                  .when = when,
                  .queued = packet->queued,
                  .bits = packet->bits};

    port_at(net, packet->d.from)->stats.dropped++;
    report_event(net, e, packet->frame);
}

static bool delivers_exactly(const Network *net, unsigned link, unsigned direction)
{
    return link_at(net, link)->ways[direction].params.exact;
}

/* Reports a copy of the packet on a link: the copy enters the link, or has reached the switch at
 * the link's end. */
static void report_passage(Network *net, NetEventKind kind, const Packet *packet, bool copy,
                           VTime when)
{
    NetEvent e = {.kind = kind,
                  .copy = copy,
                  .sequence = packet->d.sequence,
                  .port = packet->d.from,
                  .from = packet->d.from,
                  .has_link = true,
                  .link = packet->d.link,
                  .direction = packet->d.direction,
                  .sent = packet->d.sent,
                  .due = packet->d.due,
                  .when = when};

    if (net->observers->len > 0)
        report_event(net, e, packet->frame);
}

/* Sends a copy of the packet's frame to the far end of a link. */
static const Packet *send_copy(Network *net, const Packet *packet, unsigned index,
                               unsigned direction, const LinkFate *fate, VTime due)
{
    Link *link = link_at(net, index);
    NetEnd remote = link->ends[!direction];
    Packet *copy = flow_packet(net, frame_ref(packet->frame));
    HeapEntry entry = {.time = due, .item = copy};

    copy->d.from = packet->d.from;
    copy->d.sent = packet->d.sent;
    copy->d.due = due;
    copy->d.link = index;
    copy->d.direction = direction;
    copy->d.sequence = entry.sequence = link->ways[direction].sequence++;
    copy->hops = packet->hops;
    copy->queued = vtime_add_capped(packet->queued, fate->queued);
    copy->bits = vtime_add_capped(packet->bits, fate->bits);
    entry.rank = flow_rank(EVENT_SWITCH, 2 * index + direction);
    if (remote.is_switch) {
        heap_push(&net->events, entry);
    } else {
        copy->d.port = remote.index;
        copy->exact = delivers_exactly(net, index, direction);
        heap_push(&port_at(net, remote.index)->due, entry);
    }
    return copy;
}

static void enter(Network *net, const Packet *packet, unsigned link, unsigned direction, VTime at)
{
    LinkFate fate =
        link_way_enter(&link_at(net, link)->ways[direction], at, packet->frame->size, net->quantum);

    if (fate.drop != NET_DROP_NONE)
        drop(net, packet, link, direction, at, fate.drop);
    for (unsigned i = 0; i < fate.copies; i++) {
        const Packet *copy = send_copy(net, packet, link, direction, &fate, fate.due[i]);

        report_passage(net, NET_ENTERED, copy, i > 0, at);
    }
    if (fate.copies > 1)
        port_at(net, packet->d.from)->stats.copies += fate.copies - 1;
}

static void on_send(Network *net, Packet *packet, VTime at)
{
    NetPort *port = port_at(net, packet->d.from);
    bool linked = port->link != NO_LINK;
    NetEvent e = {.kind = NET_SENT,
                  .port = packet->d.from,
                  .from = packet->d.from,
                  .has_link = linked,
                  .link = port->link,
                  .direction = port->direction,
                  .sent = packet->d.sent,
                  .when = packet->d.sent};

    port->stats.sent++;
    port->stats.bytes_sent += packet->frame->size;
    report_event(net, e, packet->frame);
    if (linked)
        enter(net, packet, port->link, port->direction, at);
    else
        drop(net, packet, NO_LINK, 0, at, NET_DROP_NO_LINK);
}

/* Sends the frame to all exits except the entrance. */
static void flood(Network *net, const Packet *packet, const Switch *sw, unsigned entrance, VTime at)
{
    NetPortStats *sender = &port_at(net, packet->d.from)->stats;
    unsigned n = 0;

    for (unsigned i = 0; i < sw->exits->len; i++) {
        Exit e = g_array_index(sw->exits, Exit, i);

        if (2 * e.link + e.direction == entrance)
            continue;
        enter(net, packet, e.link, e.direction, at);
        n++;
    }
    if (n == 0)
        sender->filtered++;
    else
        sender->copies += n - 1;
}

/* Forwards a frame in a switch. The number of an exit encodes (link, direction). */
static void on_switch(Network *net, Packet *packet, VTime at)
{
    Link *link = link_at(net, packet->d.link);
    Switch *sw = switch_at(net, link->ends[!packet->d.direction].index);
    const uint8_t *to = packet->frame->data, *from = to + MAC_LEN;
    unsigned entrance = 2 * packet->d.link + !packet->d.direction, exit;

    link->ways[packet->d.direction].stats.delivered++;
    report_passage(net, NET_LEFT, packet, false, at);
    if (packet->hops == NETWORK_HOPS_MAX) {
        sw->stats.hops++;
        drop(net, packet, NO_LINK, 0, at, NET_DROP_HOPS);
        return;
    }
    packet->hops++;
    switch_table_learn(sw->table, from, entrance, at);
    if (switch_table_find(sw->table, to, at, &exit) && !link_at(net, exit / 2)->removed) {
        if (exit == entrance) {
            sw->stats.filtered++;
            port_at(net, packet->d.from)->stats.filtered++;
            return;
        }
        sw->stats.forwarded++;
        enter(net, packet, exit / 2, exit % 2, at);
        return;
    }
    sw->stats.flooded++;
    flood(net, packet, sw, entrance, at);
}

/* Returns the first barrier at or after `due`. For a due time between the last barrier and a change
 * of the quantum, that is the first barrier after the change. */
static int64_t barrier(const Network *net, VTime due)
{
    int64_t q = net->quantum.ns;

    if (due.ns <= net->last.ns)
        return net->last.ns;
    return due.ns <= net->changed.ns ? (net->changed.ns / q + 1) * q : (due.ns + q - 1) / q * q;
}

/* Returns the latest time that is not late. The additional µs of exact delivery is for idle nodes
 * with a shift, whose clock is up to an instruction past a stop. */
static int64_t deadline(const Network *net, const Packet *packet)
{
    const NetDelivery *d = &packet->d;

    if (packet->exact && delivers_exactly(net, d->link, d->direction))
        return vtime_ceil_us(d->due).ns + NS_PER_US;
    return barrier(net, d->due);
}

static void on_taken(Network *net, Packet *packet)
{
    const NetDelivery *d = &packet->d;
    NetPort *port = port_at(net, d->port);
    NetEvent e = {.kind = packet->refused ? NET_DROPPED : NET_DELIVERED,
                  .drop = packet->refused ? NET_DROP_NIC : NET_DROP_NONE,
                  .port = packet->refused ? d->from : d->port,
                  .from = d->from,
                  .has_link = true,
                  .link = d->link,
                  .direction = d->direction,
                  .sequence = d->sequence,
                  .sent = d->sent,
                  .due = d->due,
                  .when = packet->when,
                  .queued = packet->queued,
                  .bits = packet->bits};

    link_at(net, d->link)->ways[d->direction].stats.delivered++;
    if (packet->refused) {
        port->stats.refused++;
        port_at(net, d->from)->stats.dropped++;
    } else {
        e.late = packet->when.ns > deadline(net, packet);
        if (e.late && d->carried) {
            e.late = false;
            e.carried = true;
        }
        port->stats.received++;
        port_at(net, d->from)->stats.arrived++;
        port->stats.bytes_received += packet->frame->size;
        port->stats.late += e.late;
        port->stats.carried += e.carried;
        link_at(net, d->link)->ways[d->direction].stats.carried += e.carried;
    }
    report_event(net, e, packet->frame);
}

bool network_size_fits(const Network *net, unsigned index, size_t size)
{
    return port_at(net, index)->uart ? size == 1 : size >= NETWORK_FRAME_MIN && size <= FRAME_MAX;
}

bool network_send(Network *net, unsigned index, VTime sent, const void *frame, size_t size)
{
    NetPort *port = port_at(net, index);
    HeapEntry entry;
    Packet *packet;

    if (!network_size_fits(net, index, size)) {
        port->stats.malformed++;
        return false;
    }
    port->last_sent = vtime(MAX(sent.ns, port->last_sent.ns));
    packet = flow_packet(net, frame_new(&net->frames, frame, size));
    packet->frame->number = ++net->n_frames;
    packet->d.from = index;
    packet->d.sent = port->last_sent;
    entry = (HeapEntry){port->last_sent, flow_rank(EVENT_SEND, index), port->sends++, packet};
    heap_push(&net->events, entry);
    return true;
}

void network_advance(Network *net, VTime now)
{
    const HeapEntry *top;

    while ((top = heap_top(&net->events)) && top->time.ns <= now.ns) {
        EventClass class = (EventClass)(top->rank >> 32);
        VTime at = top->time;
        Packet *packet = heap_pop(&net->events);

        net->clock = at;
        switch (class) {
        case EVENT_SEND:
            on_send(net, packet, at);
            break;
        case EVENT_SWITCH:
            on_switch(net, packet, at);
            break;
        case EVENT_TAKEN:
            on_taken(net, packet);
            break;
        }
        packet_free(net, packet);
    }
}

bool network_exact(const Network *net, unsigned index)
{
    const NetPort *port = port_at(net, index);

    return port->link != NO_LINK && delivers_exactly(net, port->link, !port->direction);
}

const NetDelivery *network_next(const Network *net, unsigned port, VTime until)
{
    const HeapEntry *top = heap_top(&port_at(net, port)->due);

    return top && top->time.ns <= until.ns ? &((const Packet *)top->item)->d : NULL;
}

NetDelivery *network_pop(Network *net, unsigned port)
{
    Heap *due = &port_at(net, port)->due;
    Packet *packet = heap_top(due) ? heap_pop(due) : NULL;

    if (!packet)
        return NULL;
    packet->taken = true;
    return &packet->d;
}

static void taken(Network *net, NetDelivery *delivery, VTime when, bool refused)
{
    Packet *packet = (Packet *)delivery;
    NetPort *port = port_at(net, delivery->port);
    HeapEntry entry = {when, flow_rank(EVENT_TAKEN, delivery->port), port->takings++, packet};

    packet->taken = false;
    packet->when = when;
    packet->refused = refused;
    heap_push(&net->events, entry);
}

void network_delivered(Network *net, NetDelivery *delivery, VTime when)
{
    taken(net, delivery, when, false);
}

void network_refused(Network *net, NetDelivery *delivery, VTime when)
{
    taken(net, delivery, when, true);
}

void network_return(Network *net, NetDelivery *delivery)
{
    Packet *packet = (Packet *)delivery;
    HeapEntry entry = {delivery->due,
                       flow_rank(EVENT_SWITCH, 2 * delivery->link + delivery->direction),
                       delivery->sequence, packet};

    packet->taken = false;
    delivery->carried = false;
    heap_push(&port_at(net, delivery->port)->due, entry);
}
