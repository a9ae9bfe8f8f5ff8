/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ssh-place.c: parses an address of an ssh server, strictly: libssh gets only checked parts. */
#include "controller/remote/ssh-place.h"

#include "controller/qemu/options.h"

#include <arpa/inet.h>
#include <string.h>

void ssh_place_clear(SshPlace *p)
{
    g_free(p->user);
    g_free(p->host);
    g_free(p->port);
    *p = (SshPlace){0};
}

/* The end of the host in HOST[:PORT]; NULL: a bracket is not closed, or followed by something other
 * than a port. */
static const char *host_end(const char *host)
{
    const char *colon = strchr(host, ':'), *close;

    if (*host == '[') {
        close = strchr(host, ']');
        return close && (close[1] == ':' || close[1] == '\0') ? close + 1 : NULL;
    }
    if (colon && !strchr(colon + 1, ':'))
        return colon;
    return host + strlen(host); /* several colons: a bare IPv6 address */
}

/* Whether the text is a name or an address. A text with colons must be an IPv6 address, which may
 * have a zone. */
static bool is_host(const char *host)
{
    const char *zone = strchr(host, '%');
    g_autofree char *address = zone ? g_strndup(host, (gsize)(zone - host)) : g_strdup(host);
    struct in6_addr ipv6;

    for (const char *p = host; *p; p++)
        if (g_ascii_iscntrl(*p) || strchr(" []/", *p))
            return false;
    if (zone && strchr(zone, ':'))
        return false;
    return *host && *host != '-' &&
           (!strchr(address, ':') || inet_pton(AF_INET6, address, &ipv6) == 1);
}

bool ssh_place_parse(const char *target, SshPlace *p, GError **error)
{
    const char *at = strrchr(target, '@'), *host = at ? at + 1 : target, *end = host_end(host);
    bool brackets = *host == '[';
    guint64 port;

    *p = (SshPlace){0};
    if (end) {
        p->user = at ? g_strndup(target, (gsize)(at - target)) : NULL;
        p->host = g_strndup(host + brackets, (gsize)(end - host) - 2 * brackets);
        p->port = *end ? g_strdup(end + 1) : NULL;
    }
    if (end && is_host(p->host) && (!p->user || *p->user) &&
        (!p->port || g_ascii_string_to_unsigned(p->port, 10, 1, 65535, &port, NULL)))
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                "ssh='%s': [USER@]HOST[:PORT] is expected, with a port from 1 to 65535", target);
    return false;
}

bool ssh_is_fingerprint(const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *rest = text + strlen(SSH_FINGERPRINT);

    return g_str_has_prefix(text, SSH_FINGERPRINT) && strlen(rest) == 43 &&
           strspn(rest, digits) == 43;
}
