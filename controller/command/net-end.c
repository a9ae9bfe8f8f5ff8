/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net-end.c: see net-end.h. */
#include "controller/command/net-end.h"

#include "controller/base/suggest.h"
#include "controller/base/units.h"

#include <inttypes.h>
#include <string.h>

#define UART "uart"

/* "; did you mean 'NAME'?" or "". */
static char *meant_end(const Session *s, const char *name)
{
    const Network *net = fabric_network(s->fabric);
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (unsigned i = 0; i < s->nodes->len; i++)
        g_ptr_array_add(names, ((Node *)s->nodes->pdata[i])->name);
    for (unsigned i = 0; i < network_n_switches(net); i++)
        g_ptr_array_add(names, (char *)network_end_name(net, (NetEnd){true, i}));
    for (unsigned i = 0; i < network_n_ports(net); i++)
        g_ptr_array_add(names, (char *)network_end_name(net, (NetEnd){false, i}));
    g_ptr_array_add(names, NULL);
    return suggest_suffix(name, (const char *const *)names->pdata);
}

/* What stands behind the dot of NODE.N. */
static bool parse_card(const char *name, const char *text, int64_t *index, GError **error)
{
    if (g_ascii_isdigit(*text))
        return units_parse_index(text, "card", NODE_MAX_NICS - 1, index, error);
    if (g_ascii_strncasecmp(text, UART, strlen(UART)) == 0)
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "'%s': a UART is written as %.*s" UART "%s", name, (int)(text - name), name,
                    text + strlen(UART));
    else
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "'%s' is no end of a link: NODE, NODE.N for its card N and NODE." UART
                    "N for a UART are",
                    name);
    return false;
}

/* "a" is the first card of a, "a.1" its second. */
static Node *card_of(const Session *s, const char *name, int64_t *index, GError **error)
{
    const char *dot = strrchr(name, '.');
    g_autofree char *plain = dot ? g_strndup(name, (gsize)(dot - name)) : g_strdup(name);
    g_autofree char *meant = NULL;
    Node *node = session_node(s, plain);

    *index = 0;
    if (!node) {
        checking_in_doubt(s->checking, CHECKING_END, plain);
        meant = meant_end(s, plain);
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "'%s' is neither a node nor a switch%s",
                    name, meant);
        return NULL;
    }
    if (dot && !parse_card(name, dot + 1, index, error))
        return NULL;
    if (!node->attached && *index < node->options->nics)
        return node;
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "node %s has %s card %" PRId64 "%s",
                node->name, node->attached ? "an owner of its own, and no" : "no", *index,
                node->attached ? "" : ": `node add … nic=N` gives it N");
    return NULL;
}

/* The number behind ".uart" in NODE.uartN; NULL: the name is none of a UART. */
static const char *uart_part(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && g_str_has_prefix(dot + 1, UART) ? dot + 1 + strlen(UART) : NULL;
}

static Node *uart_of(const Session *s, const char *name, int64_t *index, GError **error)
{
    g_autofree char *plain = g_strndup(name, (gsize)(strrchr(name, '.') - name));
    Node *node = session_node(s, plain);

    if (!node) {
        checking_in_doubt(s->checking, CHECKING_END, plain);
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "'%s': there is no node '%s'", name,
                    plain);
        return NULL;
    }
    if (!units_parse_index(uart_part(name), "UART", NODE_MAX_UARTS - 1, index, error))
        return NULL;
    if (!node->attached && *index < node->options->uarts)
        return node;
    if (node->attached)
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "node %s was attached: its UARTs are its owner's", node->name);
    else
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "node %s has no UART %" PRId64 " for a line: `node add … uarts=%" PRId64
                    "` gives it one",
                    node->name, *index, *index + 1);
    return NULL;
}

bool net_end_find(Session *s, const char *name, NetEnd *end, GError **error)
{
    g_autofree char *plain =
        g_str_has_suffix(name, ".0") ? g_strndup(name, strlen(name) - 2) : NULL;
    Fabric *fabric = session_fabric(s);
    int64_t card;
    Node *node;

    if (network_find(fabric_network(fabric), plain ? plain : name, end, NULL))
        return true;
    *end = (NetEnd){0};
    if (uart_part(name)) {
        node = uart_of(s, name, &card, error);
        return node && fabric_add_uart(fabric, node, (unsigned)card, &end->index, error);
    }
    node = card_of(s, plain ? plain : name, &card, error);
    return node && fabric_add_card(fabric, node, (unsigned)card, &end->index, error);
}
