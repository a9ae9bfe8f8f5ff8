/* SPDX-License-Identifier: GPL-3.0-or-later */
/* host-line.c: checks the keys of an agent's TCP connection, and makes addresses of its names. */
#include "controller/session/host-line.h"

#include "controller/base/units.h"
#include "controller/remote/line-meet.h"
#include "controller/session/session-error.h"

#include <gio/gio.h>
#include <string.h>

void host_line_clear(HostLine *l)
{
    g_free(l->kind);
    g_free(l->address);
    g_free(l->listen);
    g_free(l->bind);
    g_free(l->ports);
    *l = (HostLine){0};
}

bool host_line_is_tcp(const HostLine *l)
{
    return g_strcmp0(l->kind, "tcp") == 0;
}

static bool read_port(const char *text, unsigned *port)
{
    int64_t number = 0;
    bool ok = g_ascii_isdigit(*text) && units_parse_int(text, "a port", 1, 65535, &number, NULL);

    *port = (unsigned)number;
    return ok;
}

static bool read_ports(const char *text, unsigned *low, unsigned *high, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, "-", 2);

    if (parts[0] && read_port(parts[0], low) && (!parts[1] || read_port(parts[1], high))) {
        if (!parts[1])
            *high = *low;
        if (*low <= *high)
            return true;
    }
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "ports='%s': a port, or LOW-HIGH, from 1 to 65535, is expected", text);
    return false;
}

/* 0.0.0.0 and the like: one listens there, but nobody can connect to it. */
static bool is_any(const char *key, const char *address, GError **error)
{
    g_autoptr(GInetAddress) numeric = address ? g_inet_address_new_from_string(address) : NULL;

    if (!numeric || !g_inet_address_get_is_any(numeric))
        return false;
    g_set_error(
        error, SESSION_ERROR, SESSION_ERROR_USAGE,
        "%s%s: nobody can connect to that; what the other side connects to is expected, and "
        "bind=%s has all addresses listened at",
        key, address, address);
    return true;
}

bool host_line_check(const HostLine *l, bool known, GError **error)
{
    const char *stray = l->address  ? "address="
                        : l->listen ? "listen="
                        : l->bind   ? "bind="
                        : l->ports  ? "ports="
                                    : NULL;
    unsigned low, high;

    if (l->kind && !host_line_is_tcp(l) && strcmp(l->kind, "stdio") != 0)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "line='%s': tcp or stdio is expected", l->kind);
    else if (!host_line_is_tcp(l) && stray)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "%s goes with line=tcp", stray);
    else if (l->address && l->listen)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "one of address= (the agent listens there) and listen= (this host does)");
    else if (host_line_is_tcp(l) && !known && !l->address && !l->listen)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "line=tcp with command= takes address=HOST, where the agent is to listen, or "
                    "listen=HOST, where this host is to");
    else
        return !is_any("address=", l->address, error) && !is_any("listen=", l->listen, error) &&
               (!l->ports || read_ports(l->ports, &low, &high, error));
    return false;
}

bool host_line_find(const HostLine *l, const char *peer, AgentClientLine *out, char **address,
                    char **bound, GError **error)
{
    const char *name = l->listen ? l->listen : l->address ? l->address : peer;

    *out = (AgentClientLine){.here = l->listen != NULL};
    if (!host_line_is_tcp(l))
        return true;
    if (!name) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "line=tcp: a ProxyCommand leads to the host: address=HOST says where its agent "
                    "can be reached, or listen=HOST where this host can");
        return false;
    }
    if ((l->ports && !read_ports(l->ports, &out->low, &out->high, error)) ||
        !(*address = line_resolve(name, error)))
        return false;
    if (is_any(l->listen ? "listen=" : "address=", *address, error)) {
        g_clear_pointer(address, g_free);
        return false;
    }
    *bound = l->bind ? line_resolve(l->bind, error) : g_strdup(*address);
    if (!*bound)
        g_clear_pointer(address, g_free);
    out->address = *address;
    out->bound = *bound;
    return *bound != NULL;
}
