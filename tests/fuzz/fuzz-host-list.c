/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-host-list.c: of a list of hosts each is one word of its line, in order, or the list is
 * refused with an error; none of it is passed over because of a NUL byte.
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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) hosts = host_list_parse((const char *)bytes, len, &error);
    unsigned line = 0;

    demand(!hosts == (error != NULL));
    demand(!hosts || (hosts->len > 0 && !memchr(bytes, '\0', len)));
    for (guint i = 0; hosts && i < hosts->len; i++) {
        const HostListEntry *e = &g_array_index(hosts, HostListEntry, i);

        demand(e->line > line && *e->host && !strpbrk(e->host, " \t\r\n#"));
        line = e->line;
    }
    return 0;
}
