/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-host-list.c: of a list of hosts each is one word of its line, in order, or the list is
 * refused with an error; none of it is passed over because of a NUL byte. An address is the rest of a
 * line that begins with its host.
 */
#include "controller/session/host-list.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

/* The first line is the host, the others the list. */
static void look_up(const char *text)
{
    g_autofree char *host = g_strndup(text, strcspn(text, "\n"));
    g_autofree char *address = host_list_address(text + strlen(host), host);
    g_autofree char *line = address ? g_strdup_printf("\n%s|%s", host, address) : NULL;

    demand(!address || (*address && strstr(text, line)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *text = g_strndup((const char *)bytes, len);
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) hosts = host_list_parse((const char *)bytes, len, &error);
    unsigned line = 0;

    look_up(text);
    demand(!hosts == (error != NULL));
    demand(!hosts || (hosts->len > 0 && !memchr(bytes, '\0', len)));
    for (guint i = 0; hosts && i < hosts->len; i++) {
        const HostListEntry *e = &g_array_index(hosts, HostListEntry, i);

        demand(e->line > line && *e->host && !strpbrk(e->host, " \t\r\n#"));
        line = e->line;
    }
    return 0;
}
