/* SPDX-License-Identifier: GPL-3.0-or-later */
/* filter.c: from text to a tree and back; filter-match.c applies it. */
#include "controller/network/filter.h"

#include <string.h>

G_DEFINE_QUARK(metronome_filter_error_quark, filter_error)

/* By FilterOp. */
static const char *const words[] = {"arp",  "ip",   "ip6",   "icmp", "icmp6", "tcp", "udp",
                                    "port", "host", "ether", "not",  "and",   "or"};

typedef struct {
    const char *text, *rest; /* rest: behind the present token */
    const char *token;
    size_t len;     /* 0 at the end */
    unsigned terms; /* bounds the tree, and with it the stack that walking it takes */
    GError **error;
} Parser;

static void next_token(Parser *p)
{
    const char *at = p->rest;

    while (g_ascii_isspace(*at))
        at++;
    p->token = at;
    if (*at == '(' || *at == ')')
        p->len = 1;
    else
        p->len = strcspn(at, " \t\n\v\f\r()");
    p->rest = at + p->len;
}

static bool token_is(const Parser *p, const char *word)
{
    return p->len == strlen(word) && strncmp(p->token, word, p->len) == 0;
}

static void *fail(Parser *p, const char *right)
{
    size_t column = (size_t)(p->token - p->text) + 1;

    if (p->len == 0)
        g_set_error(p->error, FILTER_ERROR, FILTER_ERROR_SYNTAX, "filter '%s' ends too early: %s",
                    p->text, right);
    else
        g_set_error(p->error, FILTER_ERROR, FILTER_ERROR_SYNTAX,
                    "filter '%s', column %" G_GSIZE_FORMAT ": '%.*s' is wrong here: %s", p->text,
                    column, (int)MIN(p->len, 80), p->token, right);
    return NULL;
}

static Filter *node(FilterOp op, Filter *left, Filter *right)
{
    Filter *filter = g_new0(Filter, 1);

    filter->op = op;
    filter->left = left;
    filter->right = right;
    return filter;
}

static bool read_port(const Parser *p, Filter *out)
{
    unsigned value = 0;

    for (size_t i = 0; i < p->len; i++) {
        if (!g_ascii_isdigit(p->token[i]))
            return false;
        value = value * 10 + (unsigned)(p->token[i] - '0');
        if (value > UINT16_MAX)
            return false;
    }
    out->port = (uint16_t)value;
    return true;
}

static bool read_host(const Parser *p, Filter *out)
{
    const char *at = p->token, *end = p->token + p->len;

    for (unsigned i = 0; i < 4; i++) {
        unsigned value = 0, digits = 0;

        if (i > 0 && (at == end || *at++ != '.'))
            return false;
        for (; at < end && g_ascii_isdigit(*at) && digits < 3; at++, digits++)
            value = value * 10 + (unsigned)(*at - '0');
        if (digits == 0 || value > UINT8_MAX)
            return false;
        out->host[i] = (uint8_t)value;
    }
    return at == end;
}

static bool read_ether(const Parser *p, Filter *out)
{
    if (p->len != 17)
        return false;
    for (unsigned i = 0; i < 6; i++) {
        const char *at = p->token + 3 * (size_t)i;

        if (!g_ascii_isxdigit(at[0]) || !g_ascii_isxdigit(at[1]) || (i < 5 && at[2] != ':'))
            return false;
        out->ether[i] = (uint8_t)(g_ascii_xdigit_value(at[0]) << 4 | g_ascii_xdigit_value(at[1]));
    }
    return true;
}

static Filter *parse_or(Parser *p);

static Filter *parse_argument(Parser *p, FilterOp op)
{
    g_autoptr(Filter) filter = node(op, NULL, NULL);
    const char *right;
    bool good;

    next_token(p);
    if (op == FILTER_PORT) {
        good = p->len > 0 && read_port(p, filter);
        right = "a port from 0 to 65535 is expected";
    } else if (op == FILTER_HOST) {
        good = read_host(p, filter);
        right = "an IPv4 address such as 10.0.0.1 is expected";
    } else {
        good = read_ether(p, filter);
        right = "a MAC address such as 52:54:00:12:34:56 is expected";
    }
    if (!good)
        return fail(p, right);
    next_token(p);
    return g_steal_pointer(&filter);
}

static Filter *parse_group(Parser *p)
{
    g_autoptr(Filter) inner = NULL;

    next_token(p);
    inner = parse_or(p);
    if (!inner)
        return NULL;
    if (!token_is(p, ")"))
        return fail(p, "')' is expected");
    next_token(p);
    return g_steal_pointer(&inner);
}

static Filter *parse_term(Parser *p)
{
    if (++p->terms > FILTER_TERMS_MAX) {
        g_set_error(p->error, FILTER_ERROR, FILTER_ERROR_LENGTH,
                    "the filter is too long: at most %d tests, 'not' and parentheses",
                    FILTER_TERMS_MAX);
        return NULL;
    }
    if (token_is(p, "("))
        return parse_group(p);
    if (token_is(p, "not")) {
        Filter *inner;

        next_token(p);
        inner = parse_term(p);
        return inner ? node(FILTER_NOT, inner, NULL) : NULL;
    }
    for (FilterOp op = FILTER_ARP; op <= FILTER_ETHER; op++) {
        if (!token_is(p, words[op]))
            continue;
        if (op >= FILTER_PORT)
            return parse_argument(p, op);
        next_token(p);
        return node(op, NULL, NULL);
    }
    return fail(p, "'not', '(', or one of arp, ip, ip6, icmp, icmp6, tcp, udp, port N, host "
                   "A.B.C.D, ether HH:HH:HH:HH:HH:HH is expected");
}

static Filter *parse_and(Parser *p)
{
    g_autoptr(Filter) left = parse_term(p);

    while (left && p->len > 0 && !token_is(p, "or") && !token_is(p, ")")) {
        Filter *right;

        if (token_is(p, "and"))
            next_token(p);
        right = parse_term(p);
        if (!right)
            return NULL;
        left = node(FILTER_AND, g_steal_pointer(&left), right);
    }
    return g_steal_pointer(&left);
}

static Filter *parse_or(Parser *p)
{
    g_autoptr(Filter) left = parse_and(p);

    while (left && token_is(p, "or")) {
        Filter *right;

        next_token(p);
        right = parse_and(p);
        if (!right)
            return NULL;
        left = node(FILTER_OR, g_steal_pointer(&left), right);
    }
    return g_steal_pointer(&left);
}

Filter *filter_parse(const char *text, GError **error)
{
    Parser p = {.text = text, .rest = text, .error = error};
    g_autoptr(Filter) filter = NULL;

    next_token(&p);
    filter = parse_or(&p);
    if (filter && p.len > 0)
        return fail(&p, "no '(' is open");
    return g_steal_pointer(&filter);
}

void filter_free(Filter *filter)
{
    if (!filter)
        return;
    filter_free(filter->left);
    filter_free(filter->right);
    g_free(filter);
}

static void format(const Filter *f, GString *out)
{
    switch (f->op) {
    case FILTER_ARP:
    case FILTER_IP:
    case FILTER_IP6:
    case FILTER_ICMP:
    case FILTER_ICMP6:
    case FILTER_TCP:
    case FILTER_UDP:
        g_string_append(out, words[f->op]);
        return;
    case FILTER_PORT:
        g_string_append_printf(out, "port %u", f->port);
        return;
    case FILTER_HOST:
        g_string_append_printf(out, "host %u.%u.%u.%u", f->host[0], f->host[1], f->host[2],
                               f->host[3]);
        return;
    case FILTER_ETHER:
        g_string_append(out, "ether ");
        for (unsigned i = 0; i < 6; i++)
            g_string_append_printf(out, "%s%02x", i > 0 ? ":" : "", f->ether[i]);
        return;
    case FILTER_NOT:
        g_string_append(out, "not ");
        format(f->left, out);
        return;
    case FILTER_AND:
    case FILTER_OR:
        g_string_append_c(out, '(');
        format(f->left, out);
        g_string_append_printf(out, " %s ", words[f->op]);
        format(f->right, out);
        g_string_append_c(out, ')');
        return;
    }
}

char *filter_format(const Filter *filter)
{
    GString *out = g_string_new(NULL);

    format(filter, out);
    return g_string_free(out, FALSE);
}
