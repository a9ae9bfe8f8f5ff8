/* SPDX-License-Identifier: GPL-3.0-or-later */
/* host-list.c: parses a list of hosts line by line. */
#include "controller/session/host-list.h"

#include "controller/session/session-error.h"

#include <stdbool.h>
#include <string.h>

static void entry_clear(void *data)
{
    HostListEntry *e = data;

    g_free(e->host);
    g_free(e->name);
}

/* The host in a line such as "node07.cluster slots=4 # rack 2" or "node07:4"; an address with
 * several colons stays whole. Free with g_free(). */
static char *host_of_line(const char *line)
{
    g_autofree char *plain = g_strndup(line, strcspn(line, "#"));
    g_autofree char *word = NULL;
    const char *colon;

    g_strstrip(plain);
    word = g_strndup(plain, strcspn(plain, " \t"));
    colon = strchr(word, ':');
    return g_strndup(word,
                     colon && colon == strrchr(word, ':') ? (gsize)(colon - word) : strlen(word));
}

static bool is_printable(const char *host)
{
    for (const char *p = host; *p; p++)
        if (g_ascii_iscntrl(*p))
            return false;
    return true;
}

static char *name_of_host(const char *host)
{
    const char *at = strrchr(host, '@');

    host = at ? at + 1 : host;
    if (strspn(host, "0123456789.") == strlen(host))
        return g_strdelimit(g_strdup(host), ".", '-');
    if (strchr(host, ':'))
        return g_strdelimit(g_strdup(host + strspn(host, ":")), ":.", '-');
    return g_strndup(host, strcspn(host, "."));
}

GArray *host_list_parse(const char *text, gsize size, GError **error)
{
    g_autoptr(GArray) hosts = g_array_new(FALSE, FALSE, sizeof(HostListEntry));
    const char *nul = memchr(text, '\0', size);
    unsigned number = 1;

    g_array_set_clear_func(hosts, entry_clear);
    for (const char *line = text, *end; line < text + size; line = end + 1, number++) {
        g_autofree char *copy = NULL, *host = NULL;
        HostListEntry entry = {.line = number};

        end = memchr(line, '\n', (gsize)(text + size - line));
        end = end ? end : text + size;
        copy = g_strndup(line, (gsize)(end - line));
        host = host_of_line(copy);
        if ((nul && nul < end) || !is_printable(host)) {
            g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                        "line %u has a byte that no name of a host has", number);
            return NULL;
        }
        if (!*host)
            continue;
        entry.name = name_of_host(host);
        entry.host = g_steal_pointer(&host);
        g_array_append_val(hosts, entry);
    }
    if (hosts->len == 0) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "it names no host: one a line is expected, as `scontrol show hostnames` prints "
                    "them");
        return NULL;
    }
    return g_steal_pointer(&hosts);
}

char *host_list_address(const char *lines, const char *host)
{
    gsize size = strlen(host);

    for (const char *line = lines; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, host, size) == 0 && line[size] == '|') {
            const char *address = line + size + 1;
            gsize length = strcspn(address, "\n");

            return length ? g_strndup(address, length) : NULL;
        }
    }
    return NULL;
}
