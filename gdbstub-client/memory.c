/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory.c: guest memory, break- and watchpoints.
 *
 * Invariant: no packet, in either direction, is longer than the stub's PacketSize. QEMU drops an
 * overlong request silently.
 */
#include "gdbstub-client/client-private.h"

#include <string.h>

/* Bytes besides the data: "M", 16 digits, ",", 8 digits, ":", and the NUL that QEMU keeps in the
 * same buffer. */
#define WRITE_OVERHEAD 28u

static bool read_part(GdbClient *client, uint64_t address, uint8_t *bytes, size_t len,
                      GdbDeadline deadline, GError **error)
{
    g_autofree char *request =
        g_strdup_printf("m%" G_GINT64_MODIFIER "x,%zx", (guint64)address, len);
    const char *reply = gdb_transport_call(client, request, deadline, error);

    if (!reply) {
        return false;
    }
    if (!gdb_hex_decode(reply, client->reply->len, bytes, len)) {
        gdb_reply_unexpected(error, request, reply);
        return false;
    }
    return true;
}

bool gdb_memory_read(GdbClient *client, uint64_t address, uint8_t *bytes, size_t len,
                     int timeout_ms, GError **error)
{
    GdbDeadline deadline = gdb_deadline(timeout_ms);
    size_t part = client->packet_size / 2;

    for (size_t done = 0; done < len; done += MIN(part, len - done)) {
        if (!read_part(client, address + done, bytes + done, MIN(part, len - done), deadline,
                       error)) {
            return false;
        }
    }
    return true;
}

bool gdb_memory_write(GdbClient *client, uint64_t address, const uint8_t *bytes, size_t len,
                      int timeout_ms, GError **error)
{
    GdbDeadline deadline = gdb_deadline(timeout_ms);
    size_t part = (client->packet_size - WRITE_OVERHEAD) / 2;
    g_autoptr(GString) request = g_string_new(NULL);

    for (size_t done = 0; done < len; done += MIN(part, len - done)) {
        size_t now = MIN(part, len - done);

        g_string_printf(request, "M%" G_GINT64_MODIFIER "x,%zx:", (guint64)(address + done), now);
        gdb_hex_append(request, bytes + done, now);
        if (!gdb_transport_call_ok(client, request->str, deadline, error)) {
            return false;
        }
    }
    return true;
}

/* Sends Zn,addr,kind or zn,addr,kind. */
static bool change_point(GdbClient *client, char letter, GdbPoint type, uint64_t address,
                         unsigned kind, int timeout_ms, GError **error)
{
    g_autofree char *request = g_strdup_printf("%c%d,%" G_GINT64_MODIFIER "x,%x", letter, (int)type,
                                               (guint64)address, kind);

    return gdb_transport_call_ok(client, request, gdb_deadline(timeout_ms), error);
}

bool gdb_point_insert(GdbClient *client, GdbPoint type, uint64_t address, unsigned kind,
                      int timeout_ms, GError **error)
{
    return change_point(client, 'Z', type, address, kind, timeout_ms, error);
}

bool gdb_point_remove(GdbClient *client, GdbPoint type, uint64_t address, unsigned kind,
                      int timeout_ms, GError **error)
{
    return change_point(client, 'z', type, address, kind, timeout_ms, error);
}
