/* SPDX-License-Identifier: GPL-3.0-or-later */
/* poke.c: see poke.h. */
#include "controller/run/poke.h"

#include "controller/qemu/debug.h"
#include "controller/run/peek.h"

#include <inttypes.h>
#include <string.h>

/* What is memory or a device changes at multiples of this, in any guest's tables. */
#define PAGE 4096

/* --- memory --- */

/* A line of QEMU's human monitor about an address; free with g_free(). */
static char *ask(Node *n, unsigned vcpu, const char *command, uint64_t address, GError **error)
{
    g_autofree char *arguments = g_strdup_printf(
        "{\"command-line\":\"%s 0x%" PRIx64 "\",\"cpu-index\":%u}", command, address, vcpu);

    return node_qmp(n, "human-monitor-command", arguments, error);
}

static bool refuse_address(const Node *n, uint64_t address, const char *why, GError **error)
{
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                "node %s: nothing was written: 0x%" PRIx64 " %s", n->name, address, why);
    return false;
}

/* Whether an address is one of RAM or ROM. Lines ("gpa: 0x40000000", of 0 "gpa: 0") as in
 * hmp_gva2gpa() and hmp_gpa2hva(), QEMU's monitor/misc.c, later monitor/hmp-cmds-target.c. */
static bool is_memory(Node *n, unsigned vcpu, uint64_t address, bool physical, GError **error)
{
    g_autofree char *line = NULL;
    uint64_t at = address;

    if (!physical) {
        g_autofree char *found = ask(n, vcpu, "gva2gpa", address, error);
        const char *number = found ? strstr(found, "gpa: ") : NULL;

        if (!found)
            return false;
        if (!number)
            return refuse_address(n, address, "is mapped to nothing", error);
        at = g_ascii_strtoull(number + strlen("gpa: "), NULL, 16);
    }
    line = ask(n, vcpu, "gpa2hva", at, error);
    if (!line)
        return false;
    return strstr(line, "Host virtual address") ||
           refuse_address(n, address,
                          strstr(line, "not RAM") ? "is a device's: only RAM and ROM can be written"
                                                  : "is no memory: nothing is there",
                          error);
}

static bool all_is_memory(Node *n, unsigned vcpu, uint64_t address, size_t size, bool physical,
                          GError **error)
{
    uint64_t last = address + size - 1;

    if (last < address)
        return refuse_address(n, address, "and what follows it is more than there are addresses",
                              error);
    for (uint64_t at = address; at <= last; at = (at | (PAGE - 1)) + 1) {
        if (!is_memory(n, vcpu, at, physical, error))
            return false;
        if ((at | (PAGE - 1)) == UINT64_MAX)
            break;
    }
    return is_memory(n, vcpu, last, physical, error);
}

bool poke_memory(Node *n, unsigned vcpu, uint64_t address, const uint8_t *bytes, size_t size,
                 bool physical, GError **error)
{
    const PeekAccess write = {.address = address, .size = size, .physical = physical, .in = bytes};
    g_autofree uint8_t *back = g_malloc(size);

    if (!node_check(n, false, error) || !all_is_memory(n, vcpu, address, size, physical, error))
        return false;
    if (!peek_access(n, (int)vcpu, &write, error) ||
        !peek_memory(n, (int)vcpu, address, back, size, physical, error)) {
        g_prefix_error(error, "node %s, %zu bytes to 0x%" PRIx64 ", of which some may be written: ",
                       n->name, size, address);
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (back[i] == bytes[i])
            continue;
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s: all was written, but the byte at 0x%" PRIx64
                    " is 0x%02x and not 0x%02x",
                    n->name, address + i, back[i], bytes[i]);
        return false;
    }
    return true;
}

/* --- registers --- */

typedef struct {
    const GdbRegister *reg;
    size_t size;
    uint8_t *bytes, *before;
} Change;

static void change_clear(void *data)
{
    Change *c = data;

    g_free(c->bytes);
    g_free(c->before);
}

static bool refuse(const Node *n, const PokeRegister *r, const char *why, GError **error)
{
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "node %s: no register was written: %s=%s: %s",
                n->name, r->name, r->value, why);
    return false;
}

/* The register, its new value and its old one. */
static bool plan(Node *n, GdbClient *gdb, const GdbThread *thread, const PokeRegister *r,
                 PokeValueFunc parse, void *data, Change *out, GError **error)
{
    g_autoptr(GError) why = NULL;

    *out = (Change){.reg = peek_find_register(n, r->name, &why)};
    if (out->reg) {
        out->size = (out->reg->bitsize + 7) / 8;
        out->bytes = g_malloc0(out->size);
        out->before = g_malloc0(out->size);
        if (parse(n, r->value, out->reg->bitsize, out->bytes, data, &why) &&
            gdb_register_read_bytes(gdb, thread, out->reg->name, out->before, out->size,
                                    NODE_REPLY_MS, &why))
            return true;
    }
    return refuse(n, r, why->message, error);
}

static bool put(GdbClient *gdb, const GdbThread *thread, const Change *c, const uint8_t *bytes,
                GError **error)
{
    return gdb_register_write_bytes(gdb, thread, c->reg->name, bytes, c->size, NODE_REPLY_MS,
                                    error);
}

/* Writes one and reads it back. */
static bool apply(GdbClient *gdb, const GdbThread *thread, const Change *c, GError **error)
{
    g_autofree uint8_t *back = g_malloc0(c->size);
    g_autoptr(GString) text = g_string_new("0x");

    if (!put(gdb, thread, c, c->bytes, error) ||
        !gdb_register_read_bytes(gdb, thread, c->reg->name, back, c->size, NODE_REPLY_MS, error))
        return false;
    if (memcmp(back, c->bytes, c->size) == 0)
        return true;
    for (size_t i = c->size; i-- > 0;)
        g_string_append_printf(text, "%02x", back[i]);
    g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                "QEMU's gdbstub can't write it, or not all of its bits: it would be %s", text->str);
    return false;
}

static bool apply_all(const Node *n, GdbClient *gdb, const GdbThread *thread,
                      const PokeRegister *registers, const GArray *changes, GError **error)
{
    for (unsigned i = 0; i < changes->len; i++) {
        g_autoptr(GError) why = NULL;

        if (apply(gdb, thread, &g_array_index(changes, Change, i), &why))
            continue;
        for (unsigned k = i + 1; k-- > 0;) {
            const Change *c = &g_array_index(changes, Change, k);

            put(gdb, thread, c, c->before, NULL);
        }
        return refuse(n, &registers[i], why->message, error);
    }
    return true;
}

bool poke_registers(Node *n, unsigned vcpu, const PokeRegister *registers, unsigned count,
                    PokeValueFunc parse, PokeDoneFunc done, void *data, GError **error)
{
    g_autoptr(GArray) changes = g_array_new(FALSE, TRUE, sizeof(Change));
    GdbThread thread;
    GdbClient *gdb = node_check(n, false, error) ? peek_begin(n, (int)vcpu, &thread, error) : NULL;
    bool ok = true;

    if (!gdb)
        return false;
    g_array_set_clear_func(changes, change_clear);
    g_array_set_size(changes, count);
    for (unsigned i = 0; ok && i < count; i++)
        ok = plan(n, gdb, &thread, &registers[i], parse, data, &g_array_index(changes, Change, i),
                  error);
    ok = ok && apply_all(n, gdb, &thread, registers, changes, error);
    for (unsigned i = 0; ok && i < count; i++) {
        const Change *c = &g_array_index(changes, Change, i);

        done(n, c->reg->name, c->bytes, c->size, data);
    }
    debug_release(n);
    return ok;
}
