/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conversation.c: maps a key to the card that began the conversation. The key consists of what the
 * frames of both directions have in common: both addresses with their ports, or the identifier of a
 * request and its answer.
 */
#include "controller/network/conversation.h"

#include "controller/network/headers.h"

#include <string.h>

enum {
    ICMP_ECHO_REPLY = 0,
    ICMP_ECHO = 8,
    ICMP6_ECHO = 128,
    ICMP6_ECHO_REPLY = 129,
    ICMP6_NEIGHBOUR_SOLICIT = 135,
    ICMP6_NEIGHBOUR_ADVERT = 136,
};

enum { DHCP_SERVER = 67, DHCP_CLIENT = 68 };

#define UDP_HEADER 8
#define IP6_LEN    16

typedef struct {
    uint8_t address[IP6_LEN];
    uint16_t port;
} Endpoint;

/* Compared as bytes, so all padding is zero. */
typedef struct {
    uint16_t type, proto;
    Endpoint ends[2]; /* the smaller one first */
    uint8_t id[IP6_LEN];
} Key;

struct Conversations {
    GHashTable *initiators; /* Key (GBytes) -> initiator + 1 */
    GQueue order;           /* the same keys, oldest first */
};

Conversations *conversations_new(void)
{
    Conversations *c = g_new0(Conversations, 1);

    c->initiators =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    g_queue_init(&c->order);
    return c;
}

void conversations_free(Conversations *c)
{
    if (!c)
        return;
    g_queue_clear(&c->order);
    g_hash_table_unref(c->initiators);
    g_free(c);
}

static bool is_echo(const Headers *h)
{
    uint8_t type = h->body[0];

    return h->proto == HEADERS_PROTO_ICMP    ? type == ICMP_ECHO || type == ICMP_ECHO_REPLY
           : h->proto == HEADERS_PROTO_ICMP6 ? type == ICMP6_ECHO || type == ICMP6_ECHO_REPLY
                                             : false;
}

/* A neighbour solicitation goes to a group, but one host answers: the addresses do not match. */
static bool is_neighbour(const Headers *h)
{
    return h->proto == HEADERS_PROTO_ICMP6 && h->body_size >= 8 + IP6_LEN &&
           (h->body[0] == ICMP6_NEIGHBOUR_SOLICIT || h->body[0] == ICMP6_NEIGHBOUR_ADVERT);
}

static bool is_dhcp_port(unsigned port)
{
    return port == DHCP_SERVER || port == DHCP_CLIENT;
}

/* A DHCP client has no address yet. */
static bool is_dhcp(const Headers *h)
{
    return h->proto == HEADERS_PROTO_UDP && h->has_ports && is_dhcp_port(h->ports[0]) &&
           is_dhcp_port(h->ports[1]) && h->body_size >= UDP_HEADER + 8;
}

static void put_end(Key *key, unsigned i, const void *address, size_t size, unsigned port)
{
    memcpy(key->ends[i].address, address, size);
    key->ends[i].port = (uint16_t)port;
}

static void sort_ends(Key *key)
{
    Endpoint first = key->ends[0];

    if (memcmp(&key->ends[0], &key->ends[1], sizeof(Endpoint)) <= 0)
        return;
    key->ends[0] = key->ends[1];
    key->ends[1] = first;
}

static Key key_of(const Headers *h)
{
    const uint8_t *const *hosts = h->hosts6[0] ? h->hosts6 : h->hosts;
    size_t size = h->hosts6[0] ? IP6_LEN : 4;
    Key key;

    memset(&key, 0, sizeof(key));
    key.type = (uint16_t)h->type;
    key.proto = (uint16_t)h->proto;
    /* All fragments of a datagram belong together, and only the first has more than addresses. */
    if (h->body && !h->fragment) {
        if (is_neighbour(h)) {
            memcpy(key.id, h->body + 8, IP6_LEN);
            return key;
        }
        if (is_dhcp(h)) {
            memcpy(key.id, h->body + UDP_HEADER + 4, 4);
            return key;
        }
        if (h->body_size >= 6 && is_echo(h))
            memcpy(key.id, h->body + 4, 2);
    }
    for (unsigned i = 0; i < 2; i++)
        if (hosts[0])
            put_end(&key, i, hosts[i], size, h->has_ports && !h->fragment ? h->ports[i] : 0);
        else
            put_end(&key, i, h->ether + (i == 0 ? 6 : 0), 6, 0);
    sort_ends(&key);
    return key;
}

static void forget_oldest(Conversations *c)
{
    g_hash_table_remove(c->initiators, g_queue_pop_head(&c->order));
}

unsigned conversations_initiator(Conversations *c, const void *frame, size_t size, unsigned from)
{
    Headers h = headers_read(frame, size);
    Key key;
    g_autoptr(GBytes) bytes = NULL;
    gpointer known;

    if (!h.ether)
        return from;
    key = key_of(&h);
    bytes = g_bytes_new(&key, sizeof(key));
    known = g_hash_table_lookup(c->initiators, bytes);
    if (known)
        return GPOINTER_TO_UINT(known) - 1;
    if (g_hash_table_size(c->initiators) == CONVERSATIONS_MAX)
        forget_oldest(c);
    g_queue_push_tail(&c->order, bytes);
    g_hash_table_insert(c->initiators, g_steal_pointer(&bytes), GUINT_TO_POINTER(from + 1));
    return from;
}
