/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * monitor.c: sends a line to QEMU's human monitor through the stub (handle_query_rcmd(), gdbstub.c)
 * and collects the output.
 */
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
