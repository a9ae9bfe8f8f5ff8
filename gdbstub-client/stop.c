/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stop.c: parses thread ids and lists of thread ids, stop replies, features.
 *
 * Source: RSP "Packets" (thread-id syntax), "Stop Reply Packets" and "General Query Packets". Pure.
 * Outputs change on success only.
 */
#include "gdbstub-client/packet.h"
#include "gdbstub-client/parse.h"

#include <string.h>

/* Limit in bytes: a stub with a smaller PacketSize has no room for a request. */
#define LEAST_PACKET_SIZE 64

/* Reads hex digits that fit int64_t, or "-1". */
static bool parse_id(const char **text, int64_t *out)
{
    const char *at = *text;
    uint64_t value = 0;

    if (g_str_has_prefix(at, "-1")) {
        *text = at + 2;
        *out = -1;
        return true;
    }
    for (; g_ascii_isxdigit(*at); at++) {
        if (value >> 59) {
            return false;
        }
        value = value << 4 | (unsigned)g_ascii_xdigit_value(*at);
    }
    if (at == *text) {
        return false;
    }
    *text = at;
    *out = (int64_t)value;
    return true;
}

bool gdb_thread_parse(const char *text, const char **end, GdbThread *out)
{
    GdbThread thread = {0, -1};
    bool multiprocess = *text == 'p';

    if (multiprocess) {
        text++;
        if (!parse_id(&text, &thread.pid)) {
            return false;
        }
        multiprocess = *text == '.';
        text += multiprocess;
        if (!multiprocess) {
            *end = text;
            *out = thread;
            return true;
        }
    }
    if (!parse_id(&text, &thread.tid)) {
        return false;
    }
    *end = text;
    *out = thread;
    return true;
}

static void append_id(GString *out, int64_t id)
{
    if (id < 0) {
        g_string_append(out, "-1");
    } else {
        g_string_append_printf(out, "%" G_GINT64_MODIFIER "x", (guint64)id);
    }
}

char *gdb_thread_format(const GdbThread *thread)
{
    GString *out = g_string_new(NULL);

    if (thread->pid) {
        g_string_append_c(out, 'p');
        append_id(out, thread->pid);
        g_string_append_c(out, '.');
    }
    append_id(out, thread->tid);
    return g_string_free(out, FALSE);
}

static bool parse_address(const char *text, size_t len, uint64_t *out)
{
    uint64_t value = 0;

    if (len == 0) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (!g_ascii_isxdigit(text[i]) || value >> 60) {
            return false;
        }
        value = value << 4 | (unsigned)g_ascii_xdigit_value(text[i]);
    }
    *out = value;
    return true;
}

static GdbWatch watch_of(const char *name, size_t len)
{
    static const struct {
        const char *name;
        GdbWatch watch;
    } names[] = {
        {"watch", GDB_WATCH_WRITE},
        {"rwatch", GDB_WATCH_READ},
        {"awatch", GDB_WATCH_ACCESS},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (len == strlen(names[i].name) && memcmp(name, names[i].name, len) == 0) {
            return names[i].watch;
        }
    }
    return GDB_WATCH_NONE;
}

/* Parses one "name:value" of a T packet. Unknown names (registers among them) are skipped, as the
 * protocol demands. */
static bool parse_pair(const char *pair, size_t len, GdbStop *stop)
{
    const char *colon = memchr(pair, ':', len);

    if (!colon) {
        return false;
    }
    size_t name_len = (size_t)(colon - pair);
    const char *value = colon + 1;
    size_t value_len = len - name_len - 1;
    GdbWatch watch = watch_of(pair, name_len);

    if (watch != GDB_WATCH_NONE) {
        stop->watch = watch;
        return parse_address(value, value_len, &stop->address);
    }
    if (name_len == 6 && memcmp(pair, "thread", 6) == 0) {
        const char *end;

        stop->has_thread = true;
        return gdb_thread_parse(value, &end, &stop->thread) && end == pair + len;
    }
    return true;
}

static bool parse_pairs(const char *text, GdbStop *stop)
{
    while (*text) {
        size_t len = strcspn(text, ";");

        if (!parse_pair(text, len, stop)) {
            return false;
        }
        text += len;
        text += *text == ';';
    }
    return true;
}

bool gdb_stop_parse(const char *packet, GdbStop *out)
{
    GdbStop stop = {.kind = GDB_STOP_SIGNAL};
    char letter = packet[0];

    if (letter != 'S' && letter != 'T' && letter != 'W' && letter != 'X') {
        return false;
    }
    if (!g_ascii_isxdigit(packet[1]) || !g_ascii_isxdigit(packet[2])) {
        return false;
    }
    stop.code = (uint8_t)(g_ascii_xdigit_value(packet[1]) << 4 | g_ascii_xdigit_value(packet[2]));

    const char *rest = packet + 3;
    if (letter == 'T') {
        if (!parse_pairs(rest, &stop)) {
            return false;
        }
    } else if (letter == 'S') {
        if (*rest) {
            return false;
        }
    } else {
        stop.kind = letter == 'W' ? GDB_STOP_EXITED : GDB_STOP_KILLED;
        if (*rest && !g_str_has_prefix(rest, ";process:")) {
            return false;
        }
    }
    *out = stop;
    return true;
}

bool gdb_threads_parse(const char *packet, GArray *threads)
{
    guint before = threads->len;
    const char *at = packet;

    if (*at != 'm') {
        return false;
    }
    do {
        GdbThread thread;

        if (!gdb_thread_parse(at + 1, &at, &thread)) {
            g_array_set_size(threads, before);
            return false;
        }
        g_array_append_val(threads, thread);
    } while (*at == ',');
    if (*at) {
        g_array_set_size(threads, before);
    }
    return *at == '\0';
}

GdbFeatures gdb_features_parse(const char *packet)
{
    g_auto(GStrv) features = g_strsplit(packet, ";", -1);
    GdbFeatures out = {0};

    for (char **feature = features; *feature; feature++) {
        guint64 size;

        if (g_str_has_prefix(*feature, "PacketSize=") &&
            g_ascii_string_to_unsigned(*feature + 11, 16, LEAST_PACKET_SIZE, GDB_PACKET_MAX, &size,
                                       NULL)) {
            out.packet_size = size;
        } else if (strcmp(*feature, "QStartNoAckMode+") == 0) {
            out.no_acks = true;
        } else if (strcmp(*feature, "qXfer:features:read+") == 0) {
            out.description = true;
        }
    }
    return out;
}
