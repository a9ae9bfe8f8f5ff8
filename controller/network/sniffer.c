/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sniffer.c: collects frames from the network's events and reports them by a heap of times.
 *
 * A frame, or with SNIFF_LINK a copy on that link, is an Item from its send on. An item enters the
 * heap when its time is known. An item leaves the heap at the top when its fate is known, too:
 * items in front have an earlier time. Events come in the order of time, so no later event can get
 * in front.
 */
#include "controller/network/sniffer.h"

#include "controller/network/conversation.h"
#include "controller/network/heap.h"

#include <string.h>

#define NOBODY G_MAXUINT

typedef struct {
    uint64_t key;    /* key in `under_way` */
    uint64_t number; /* number in the order of creation */
    VTime at;
    bool timed;   /* `at` is known, and the item is in the heap */
    bool own;     /* sent by the viewing card */
    bool done;    /* the fate is known */
    bool arrived; /* arrived at `receiver` */
    bool wanted;  /* `receiver` is the addressee */
    unsigned receiver;
    unsigned initiator; /* port, or with SNIFF_LINK the end; NOBODY */
    NetEnd place;
    bool sent, seen;
    const char *note, *lost;
    VTime lost_at;
    uint8_t *data;
    size_t size;
} Item;

struct Sniffer {
    const Network *net;
    SniffOptions options;
    SniffFunc func;
    void *data;
    Conversations *conversations;
    GHashTable *under_way; /* key -> Item */
    Heap times;            /* Item; includes items under way */
    uint64_t made;
};

static const char *loss(NetDrop drop)
{
    switch (drop) {
    case NET_DROP_DOWN:
        return "lost: the link is down";
    case NET_DROP_QUEUE:
        return "lost: the queue is full";
    case NET_DROP_LOSS:
        return "lost: random loss";
    case NET_DROP_NO_LINK:
        return "lost: the card has no link";
    case NET_DROP_HOPS:
        return "lost: too many switches";
    case NET_DROP_NIC:
        return "lost: the card did not take it";
    case NET_DROP_NONE:
        break;
    }
    return NULL;
}

static const char *delay(const NetEvent *e)
{
    return e->late ? "late" : e->carried ? "carried" : NULL;
}

Sniffer *sniffer_new(const Network *net, const SniffOptions *options, SniffFunc func, void *data)
{
    Sniffer *s = g_new0(Sniffer, 1);

    s->net = net;
    s->options = *options;
    s->func = func;
    s->data = data;
    s->conversations = conversations_new();
    s->under_way = g_hash_table_new(g_int64_hash, g_int64_equal);
    return s;
}

static void item_free(Item *item)
{
    g_free(item->data);
    g_free(item);
}

void sniffer_free(Sniffer *s)
{
    GHashTableIter iter;
    void *item;

    if (!s)
        return;
    g_hash_table_iter_init(&iter, s->under_way);
    while (g_hash_table_iter_next(&iter, NULL, &item))
        if (!((Item *)item)->timed)
            item_free(item);
    while (heap_top(&s->times))
        item_free(heap_pop(&s->times));
    heap_clear(&s->times);
    g_hash_table_unref(s->under_way);
    conversations_free(s->conversations);
    g_free(s);
}

/* --- items --- */

static Item *item_new(Sniffer *s, const NetEvent *e)
{
    Item *item = g_new0(Item, 1);

    item->number = ++s->made;
    item->seen = true;
    item->initiator = NOBODY;
    item->data = g_memdup2(e->data, e->size);
    item->size = e->size;
    return item;
}

static void add_under_way(Sniffer *s, Item *item, uint64_t key)
{
    item->key = key;
    g_hash_table_insert(s->under_way, &item->key, item);
}

static Item *find(const Sniffer *s, uint64_t key)
{
    return g_hash_table_lookup(s->under_way, &key);
}

/* Sets the time. A later time for an item in the heap is applied when the item comes to the top. */
static void set_time(Sniffer *s, Item *item, VTime at)
{
    item->at = at;
    if (item->timed)
        return;
    item->timed = true;
    heap_push(&s->times, (HeapEntry){at, 0, item->number, item});
}

static void finish_item(Sniffer *s, Item *item)
{
    item->done = true;
    g_hash_table_remove(s->under_way, &item->key);
}

static void report_frame(const Sniffer *s, VTime at, NetEnd place, bool sent, const NetEvent *e)
{
    SniffFrame frame = {.at = at,
                        .place = place,
                        .sent = sent,
                        .seen = true,
                        .note = delay(e),
                        .data = e->data,
                        .size = e->size};

    s->func(&frame, s->data);
}

static void report_items(Sniffer *s)
{
    const HeapEntry *top;

    while ((top = heap_top(&s->times))) {
        Item *item = top->item;

        if (item->at.ns != top->time.ns) {
            heap_pop(&s->times);
            heap_push(&s->times, (HeapEntry){item->at, 0, item->number, item});
            continue;
        }
        if (!item->done)
            return;
        heap_pop(&s->times);
        s->func(&(SniffFrame){.at = item->at,
                              .place = item->place,
                              .sent = item->sent,
                              .seen = item->seen,
                              .note = item->note,
                              .data = item->data,
                              .size = item->size},
                s->data);
        item_free(item);
    }
}

/* Adds an item whose fate is known already. */
static void add_done(Sniffer *s, const NetEvent *e, NetEnd place, const char *note)
{
    Item *item = item_new(s, e);

    item->place = place;
    item->note = note;
    item->done = true;
    set_time(s, item, e->when);
}

static NetEnd port_end(unsigned port)
{
    return (NetEnd){false, port};
}

/* --- cards: an item is a frame, until no copy is left --- */

static void on_sent(Sniffer *s, const NetEvent *e)
{
    Item *item = item_new(s, e);

    if (s->options.scope == SNIFF_PORT)
        item->initiator = e->port;
    else if (!s->options.at_delivery)
        item->initiator = conversations_initiator(s->conversations, e->data, e->size, e->port);
    item->own = item->initiator == e->port;
    item->place = port_end(e->port);
    item->sent = true;
    item->lost_at = e->when;
    add_under_way(s, item, e->frame);
    if (item->own)
        set_time(s, item, e->sent);
}

static bool is_wanted(const Sniffer *s, unsigned initiator, const NetEvent *e)
{
    return e->port == initiator || network_port_is_uart(s->net, e->port) ||
           memcmp(e->data, network_port_mac(s->net, e->port), MAC_LEN) == 0;
}

static void arrive(Sniffer *s, Item *item, const NetEvent *e, bool wanted)
{
    item->arrived = true;
    item->wanted = wanted;
    item->receiver = e->port;
    item->note = delay(e);
    if (item->own)
        return;
    item->place = port_end(e->port);
    item->sent = false;
    set_time(s, item, e->when);
}

/* Handles a frame that was sent before the capture began. */
static void on_first_seen(Sniffer *s, const NetEvent *e)
{
    unsigned initiator = s->options.at_delivery
                             ? NOBODY
                             : conversations_initiator(s->conversations, e->data, e->size, e->from);

    if (initiator != e->from && is_wanted(s, initiator, e))
        add_done(s, e, port_end(e->port), delay(e));
}

static void on_delivered(Sniffer *s, const NetEvent *e)
{
    Item *item = find(s, e->frame);
    bool wanted;

    if (s->options.scope == SNIFF_PORT && e->port == s->options.index)
        add_done(s, e, port_end(e->port), delay(e));
    if (!item && s->options.scope == SNIFF_ALL)
        on_first_seen(s, e);
    if (!item)
        return;
    wanted = is_wanted(s, item->initiator, e);
    if (!item->arrived || (wanted && !item->wanted))
        arrive(s, item, e, wanted);
    else if (e->port == item->receiver && s->options.scope == SNIFF_ALL)
        add_done(s, e, port_end(e->port), "duplicate");
}

static void on_dropped(const Sniffer *s, const NetEvent *e)
{
    Item *item = find(s, e->frame);

    if (!item || item->lost)
        return;
    item->lost = loss(e->drop);
    item->lost_at = e->when;
}

static void on_ended(Sniffer *s, const NetEvent *e)
{
    Item *item = find(s, e->frame);

    if (!item)
        return;
    if (!item->arrived) {
        item->note = item->lost ? item->lost : "lost: its receiver is where it came from";
        item->seen = item->own;
        if (!item->own)
            set_time(s, item, item->lost ? item->lost_at : e->when);
    }
    finish_item(s, item);
}

static void cards_event(Sniffer *s, const NetEvent *e)
{
    bool this_port = s->options.scope != SNIFF_PORT || e->port == s->options.index;

    switch (e->kind) {
    case NET_SENT:
        if (this_port)
            on_sent(s, e);
        break;
    case NET_DELIVERED:
        on_delivered(s, e);
        break;
    case NET_DROPPED:
        on_dropped(s, e);
        break;
    case NET_ENDED:
        on_ended(s, e);
        break;
    case NET_ENTERED:
    case NET_LEFT:
        break;
    }
}

static void cards_both(const Sniffer *s, const NetEvent *e)
{
    if (s->options.scope == SNIFF_PORT && e->port != s->options.index)
        return;
    if (e->kind == NET_SENT)
        report_frame(s, e->sent, port_end(e->port), true, e);
    else if (e->kind == NET_DELIVERED)
        report_frame(s, e->when, port_end(e->port), false, e);
}

/* --- a link: an item is a copy on the link --- */

static uint64_t copy_key(const NetEvent *e)
{
    return e->sequence << 1 | e->direction;
}

/* Creates the item of a copy that enters the link, or is dropped there. */
static Item *link_item(Sniffer *s, const NetEvent *e)
{
    Item *item = item_new(s, e);
    NetEnd ends[2];

    network_link_ends(s->net, e->link, ends);
    if (!s->options.at_delivery)
        item->initiator = conversations_initiator(s->conversations, e->data, e->size, e->direction);
    item->own = item->initiator == e->direction && !e->copy;
    item->place = ends[e->direction];
    item->sent = true;
    item->note = e->copy ? "duplicate" : NULL;
    return item;
}

static void on_entered(Sniffer *s, const NetEvent *e)
{
    Item *item = link_item(s, e);

    add_under_way(s, item, copy_key(e));
    if (item->own)
        set_time(s, item, e->when);
}

static void on_link_dropped(Sniffer *s, const NetEvent *e)
{
    Item *item = link_item(s, e);

    item->note = loss(e->drop);
    item->seen = item->own;
    item->done = true;
    set_time(s, item, e->when);
}

static void on_left(Sniffer *s, const NetEvent *e)
{
    Item *item = find(s, copy_key(e));
    NetEnd ends[2];

    if (!item)
        return;
    if (e->kind == NET_DROPPED) {
        item->note = loss(e->drop);
        item->seen = item->own;
    } else if (delay(e)) {
        item->note = delay(e);
    }
    if (!item->own) {
        network_link_ends(s->net, e->link, ends);
        item->place = item->seen ? ends[!e->direction] : item->place;
        item->sent = !item->seen;
        set_time(s, item, e->when);
    }
    finish_item(s, item);
}

static void link_event(Sniffer *s, const NetEvent *e)
{
    switch (e->kind) {
    case NET_ENTERED:
        on_entered(s, e);
        break;
    case NET_DROPPED:
        if (e->drop == NET_DROP_NIC)
            on_left(s, e);
        else
            on_link_dropped(s, e);
        break;
    case NET_LEFT:
    case NET_DELIVERED:
        on_left(s, e);
        break;
    case NET_SENT:
    case NET_ENDED:
        break;
    }
}

static void link_both(const Sniffer *s, const NetEvent *e)
{
    NetEnd ends[2];

    network_link_ends(s->net, e->link, ends);
    if (e->kind == NET_ENTERED && !e->copy)
        report_frame(s, e->when, ends[e->direction], true, e);
    else if (e->kind == NET_LEFT || e->kind == NET_DELIVERED)
        report_frame(s, e->when, ends[!e->direction], false, e);
}

/* --- events --- */

void sniffer_event(Sniffer *s, const NetEvent *e)
{
    if (s->options.scope == SNIFF_LINK) {
        if (!e->has_link || e->link != s->options.index)
            return;
        if (s->options.both)
            link_both(s, e);
        else
            link_event(s, e);
    } else if (s->options.both) {
        cards_both(s, e);
    } else {
        cards_event(s, e);
    }
    report_items(s);
}

void sniffer_finish(Sniffer *s, VTime now)
{
    GHashTableIter iter;
    void *value;

    g_hash_table_iter_init(&iter, s->under_way);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Item *item = value;

        item->done = true;
        if (!item->arrived) {
            item->note = "under way";
            item->seen = item->own;
        }
        if (!item->timed)
            set_time(s, item, now);
    }
    g_hash_table_remove_all(s->under_way);
    report_items(s);
}
