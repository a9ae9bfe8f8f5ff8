/* SPDX-License-Identifier: GPL-3.0-or-later */
/* monitor.c: QEMU's human monitor behind the stub (handle_query_rcmd(), gdbstub.c). */
#include "gdbstub-client/client-private.h"

#include <string.h>

bool gdb_monitor(GdbClient *client, const char *line, GString *output, int timeout_ms,
                 GError **error)
{
    g_autoptr(GString) request = g_string_new("qRcmd,");
    bool good;

    gdb_hex_append(request, (const uint8_t *)line, strlen(line));
    g_string_truncate(output, 0);
    client->told = output;
    good = gdb_transport_call_ok(client, request->str, gdb_deadline(timeout_ms), error);
    client->told = NULL;
    return good;
}
