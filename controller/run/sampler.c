/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sampler.c: one line for each node and sample: counters, and digests of console, packets,
 * registers and device state. A line contains nothing that depends on host time.
 */
#include "controller/run/sampler.h"

#include "controller/base/log.h"
#include "controller/base/output.h"
#include "controller/base/units.h"
#include "controller/fabric/fabric.h"
#include "controller/qemu/consoles.h"
#include "controller/qemu/debug.h"
#include "controller/qemu/devstate.h"
#include "controller/session/session-error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct Sampler {
    FILE *file;
    char *path;
    int64_t nth;           /* barriers from one sample to the next */
    VTime from, to, every; /* the fine span; every 0: none */
    bool registers, devices;
    VTime last;  /* time of the last sample; -1: none */
    bool failed; /* writing has failed, which was reported */
};

/* "FROM:TO:EVERY", in ns. */
static bool parse_fine(struct Sampler *r, const char *text, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, ":", -1);

    return g_strv_length(parts) == 3 &&
           units_parse_int(parts[0], "from", 0, RUN_FOR_EVER, &r->from.ns, error) &&
           units_parse_int(parts[1], "to", 0, RUN_FOR_EVER, &r->to.ns, error) &&
           units_parse_int(parts[2], "every", NS_PER_US, RUN_FOR_EVER, &r->every.ns, error);
}

bool sampler_open(Session *s, const char *text, GError **error)
{
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    struct Sampler *r = g_new0(struct Sampler, 1);
    bool ok = words[0] != NULL;

    r->last = vtime(-1);
    r->nth = 1;
    r->path = g_strdup(words[0]);
    s->sampler = r;
    for (unsigned i = 1; ok && words[i]; i++) {
        if (strcmp(words[i], "registers") == 0)
            r->registers = true;
        else if (strcmp(words[i], "devices") == 0)
            r->devices = true;
        else if (g_str_has_prefix(words[i], "nth="))
            ok = units_parse_int(words[i] + strlen("nth="), "nth", 1, G_MAXINT32, &r->nth, error);
        else
            ok = g_str_has_prefix(words[i], "fine=") &&
                 parse_fine(r, words[i] + strlen("fine="), error);
    }
    if (ok && (r->file = fopen(words[0], "we")))
        return true;
    if (error && !*error)
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "can't sample into '%s': %s", text,
                    ok ? g_strerror(errno)
                       : "FILE[,nth=N][,fine=FROM:TO:EVERY][,registers][,devices]");
    sampler_close(s);
    return false;
}

static void write_console(const struct Sampler *r, const Node *n)
{
    g_autofree char *path = g_strconcat(r->path, "-", n->name, NULL);
    g_autoptr(GMappedFile) log = g_mapped_file_new(console_log_path(n->console), FALSE, NULL);
    g_autoptr(GError) error = NULL;

    if (log && !g_file_set_contents_full(path, g_mapped_file_get_contents(log),
                                         (gssize)g_mapped_file_get_length(log),
                                         G_FILE_SET_CONTENTS_NONE, 0600, &error))
        output_lost("the consoles are not complete: %s", error->message);
}

void sampler_close(Session *s)
{
    struct Sampler *r = g_steal_pointer(&s->sampler);

    if (!r)
        return;
    for (unsigned i = 0; r->file && i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];

        if (n->console)
            write_console(r, n);
    }
    if (r->file)
        fclose(r->file);
    g_free(r->path);
    g_free(r);
}

void sampler_note(const Session *s, const char *format, ...)
{
    va_list args;

    if (!s->sampler)
        return;
    va_start(args, format);
    fputs("# ", s->sampler->file);
    vfprintf(s->sampler->file, format, args);
    fputc('\n', s->sampler->file);
    va_end(args);
}

VTime sampler_next_time(const Session *s)
{
    const struct Sampler *r = s->sampler;
    int64_t now = engine_now(s->engine).ns, quantum = engine_quantum(s->engine).ns, step, next;

    if (!r)
        return vtime(RUN_FOR_EVER);
    if (__builtin_mul_overflow(quantum, r->nth, &step) ||
        __builtin_add_overflow(now - now % step, step, &next))
        next = RUN_FOR_EVER;
    if (r->every.ns > 0 && now < r->to.ns) {
        int64_t fine = now < r->from.ns
                           ? r->from.ns
                           : r->from.ns + ((now - r->from.ns) / r->every.ns + 1) * r->every.ns;

        next = MIN(next, fine);
    }
    return vtime(next);
}

/* --- the state of a node --- */

static void add_registers(Node *n, GChecksum *sum)
{
    GdbClient *gdb = debug_use(n, NULL);
    const GArray *all = gdb ? gdb_register_list(gdb, NODE_REPLY_MS, NULL) : NULL;
    g_autoptr(GArray) threads = gdb ? gdb_threads(gdb, NODE_REPLY_MS, NULL) : NULL;

    for (unsigned t = 0; threads && t < threads->len; t++) {
        for (unsigned i = 0; all && i < all->len; i++) {
            const GdbRegister *r = &g_array_index(all, GdbRegister, i);
            uint8_t bytes[64];
            size_t size = (r->bitsize + 7) / 8;

            if (size <= sizeof(bytes) && !strstr(r->feature, "sys") &&
                gdb_register_read_bytes(gdb, &g_array_index(threads, GdbThread, t), r->name, bytes,
                                        size, NODE_REPLY_MS, NULL))
                g_checksum_update(sum, bytes, (gssize)size);
        }
    }
    if (gdb)
        debug_release(n);
}

static void put_be64(uint8_t *at, int64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        at[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
}

/* Clears the host's cycles and nanoseconds in a device state (cpu_get_ticks(), cpu_get_clock() in
 * QEMU). They are the first and the third of three be64; the second is unused. */
static void forget_host_time(uint8_t *data, size_t size)
{
    uint8_t ticks[8], clock[8];
    DevState state;

    if (!devstate_parse(data, size, &state, NULL))
        return;
    put_be64(ticks, state.ticks_offset);
    put_be64(clock, state.clock_offset);
    for (size_t i = 0; i + 24 <= size; i++)
        if (memcmp(data + i, ticks, 8) == 0 && memcmp(data + i + 16, clock, 8) == 0)
            memset(data + i, 0, 24);
}

/* Adds the device state that QEMU wrote when the clock was read last. */
static void add_devices(const Node *n, GChecksum *sum)
{
    g_autofree uint8_t *data = NULL;
    struct stat st;

    if (n->devices_fd < 0 || fstat(n->devices_fd, &st) != 0)
        return;
    data = g_malloc((gsize)st.st_size);
    if (pread(n->devices_fd, data, (size_t)st.st_size, 0) != st.st_size)
        return;
    forget_host_time(data, (size_t)st.st_size);
    g_checksum_update(sum, data, st.st_size);
}

static void write_node(const Session *s, VTime now, Node *n)
{
    const struct Sampler *r = s->sampler;
    g_autofree char *console = n->console ? console_sha256(n->console) : g_strdup("");
    g_autoptr(GChecksum) registers = g_checksum_new(G_CHECKSUM_SHA256);
    g_autoptr(GChecksum) devices = g_checksum_new(G_CHECKSUM_SHA256);

    fprintf(r->file,
            "%" PRId64 " %s icount=%" PRId64 " bias=%" PRId64 " console_bytes=%" PRIu64
            " console=%.16s",
            now.ns, n->name, n->clock.icount.n, n->clock.bias.ns,
            n->console ? (uint64_t)console_bytes(n->console) : 0, console);
    for (unsigned i = 1; i < node_n_consoles(n); i++) {
        g_autofree char *digest =
            node_console(n, i) ? console_sha256(node_console(n, i)) : g_strdup("");
        g_autofree char *port = node_port_name(n, i);

        fprintf(r->file, " %s%s=%.16s", i == node_semi_number(n) ? "" : "uart", port, digest);
    }
    if (s->fabric) {
        g_autofree char *packets = fabric_node_digest(s->fabric, n);

        fprintf(r->file, " packets=%.16s", packets);
    }
    if (r->registers && n->state == NODE_PAUSED) {
        add_registers(n, registers);
        fprintf(r->file, " registers=%.16s", g_checksum_get_string(registers));
    }
    if (r->devices) {
        add_devices(n, devices);
        fprintf(r->file, " devices=%.16s", g_checksum_get_string(devices));
    }
    fprintf(r->file, " state=%s\n", node_state_name(n->state));
}

void sampler_write(Session *s)
{
    struct Sampler *r = s->sampler;
    VTime now = engine_now(s->engine);

    if (!r || now.ns <= r->last.ns)
        return;
    r->last = now;
    engine_settle_clocks(s->engine);
    for (unsigned i = 0; i < s->nodes->len; i++)
        write_node(s, now, s->nodes->pdata[i]);
    if ((fflush(r->file) != 0 || ferror(r->file)) && !r->failed) {
        output_lost("the samples are not complete: %s", g_strerror(errno));
        r->failed = true;
    }
}
