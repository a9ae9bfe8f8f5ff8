/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * registers.c: reads and writes registers by name, and loads the target description with the names.
 *
 * Invariant: the description is read once and before the first access. QEMU 7.2 answers p and P
 * only to a client that has read the description (gdb_has_xml).
 */
#include "gdbstub-client/client-private.h"

#include <string.h>

typedef struct {
    GdbClient *client;
    GdbDeadline deadline;
} Loader;

/* Reads a file by qXfer:features:read, in slices: "m" data means that more follows, "l" data is the
 * last slice. */
static char *load_file(const char *name, void *data, GError **error)
{
    Loader *loader = data;
    g_autoptr(GString) text = g_string_new(NULL);
    size_t slice = loader->client->packet_size - 4;

    for (;;) {
        g_autofree char *request =
            g_strdup_printf("qXfer:features:read:%s:%zx,%zx", name, text->len, slice);
        const char *reply = gdb_transport_call(loader->client, request, loader->deadline, error);

        if (!reply) {
            return NULL;
        }
        if ((reply[0] != 'l' && reply[0] != 'm') || text->len > GDB_PACKET_MAX ||
            (reply[0] == 'm' && !reply[1])) {
            gdb_reply_unexpected(error, request, reply);
            return NULL;
        }
        g_string_append(text, reply + 1);
        if (reply[0] == 'l') {
            return g_string_free(g_steal_pointer(&text), FALSE);
        }
    }
}

static bool load_target(GdbClient *client, GdbDeadline deadline, GError **error)
{
    Loader loader = {client, deadline};

    if (client->target) {
        return true;
    }
    g_autofree char *xml = load_file("target.xml", &loader, error);
    if (!xml) {
        return false;
    }
    client->target = gdb_target_parse(xml, load_file, &loader, error);
    return client->target != NULL;
}

const GArray *gdb_register_list(GdbClient *client, int timeout_ms, GError **error)
{
    return load_target(client, gdb_deadline(timeout_ms), error) ? client->target->registers : NULL;
}

const char *gdb_architecture(GdbClient *client, int timeout_ms, GError **error)
{
    if (!load_target(client, gdb_deadline(timeout_ms), error)) {
        return NULL;
    }
    return client->target->architecture ? client->target->architecture : "";
}

static const GdbRegister *find(GdbClient *client, const char *name, GdbDeadline deadline,
                               GError **error)
{
    if (!load_target(client, deadline, error)) {
        return NULL;
    }
    const GdbRegister *reg = gdb_target_find(client->target, name);
    if (!reg) {
        g_set_error(error, GDB_ERROR, GDB_ERROR_ARGUMENT, "gdbstub: no register '%s'", name);
    }
    return reg;
}

const GdbRegister *gdb_register_find(GdbClient *client, const char *name, int timeout_ms,
                                     GError **error)
{
    return find(client, name, gdb_deadline(timeout_ms), error);
}

bool gdb_select_thread(GdbClient *client, const GdbThread *thread, GdbDeadline deadline,
                       GError **error)
{
    /* Unread stops in the socket move the stub's selection, so read them first. */
    if (!thread) {
        return true;
    }
    if (!gdb_drain(client, error)) {
        return false;
    }
    if (client->thread_known && client->thread.pid == thread->pid &&
        client->thread.tid == thread->tid) {
        return true;
    }
    g_autofree char *id = gdb_thread_format(thread);
    g_autofree char *request = g_strconcat("Hg", id, NULL);
    client->thread_known = false;
    if (!gdb_transport_call_ok(client, request, deadline, error)) {
        return false;
    }
    client->thread = *thread;
    client->thread_known = true;
    return true;
}

bool gdb_thread_select(GdbClient *client, const GdbThread *thread, int timeout_ms, GError **error)
{
    return gdb_select_thread(client, thread, gdb_deadline(timeout_ms), error);
}

static size_t size_of(const GdbRegister *reg)
{
    return (reg->bitsize + 7) / 8;
}

/* Offset of a register in a g packet: behind all registers with a smaller number. */
static size_t offset_of(const GdbTarget *target, const GdbRegister *reg)
{
    size_t offset = 0;

    for (guint i = 0; i < target->registers->len; i++) {
        const GdbRegister *other = &g_array_index(target->registers, GdbRegister, i);
        if (other->regnum < reg->regnum) {
            offset += size_of(other);
        }
    }
    return offset;
}

/* Returns the digits of one register in the answer of g, or NULL if the answer is too short. */
static const char *read_all(GdbClient *client, const GdbRegister *reg, GdbDeadline deadline,
                            GError **error)
{
    size_t offset = 2 * offset_of(client->target, reg);
    const char *reply = gdb_transport_call(client, "g", deadline, error);

    if (!reply) {
        return NULL;
    }
    if (offset + 2 * size_of(reg) > strlen(reply)) {
        g_set_error(error, GDB_ERROR, GDB_ERROR_UNSUPPORTED,
                    "gdbstub: register '%s' is not among those of 'g'", reg->name);
        return NULL;
    }
    return reply + offset;
}

static bool is_unsupported(const GError *cause)
{
    return g_error_matches(cause, GDB_ERROR, GDB_ERROR_UNSUPPORTED);
}

/* Returns the digits of one register, by p or else by g. */
static const char *read_digits(GdbClient *client, const GdbRegister *reg, GdbDeadline deadline,
                               GError **error)
{
    g_autoptr(GError) cause = NULL;

    if (!client->no_p) {
        g_autofree char *request = g_strdup_printf("p%x", reg->regnum);
        const char *reply = gdb_transport_call(client, request, deadline, &cause);

        if (reply && strlen(reply) != 2 * size_of(reg)) {
            gdb_reply_unexpected(error, request, reply);
            return NULL;
        }
        if (reply) {
            return reply;
        }
        if (!is_unsupported(cause)) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return NULL;
        }
        client->no_p = true;
    }
    return read_all(client, reg, deadline, error);
}

static bool read_register(GdbClient *client, const GdbThread *thread, const GdbRegister *reg,
                          uint8_t *bytes, GdbDeadline deadline, GError **error)
{
    if (!gdb_select_thread(client, thread, deadline, error)) {
        return false;
    }
    const char *digits = read_digits(client, reg, deadline, error);
    if (!digits) {
        return false;
    }
    if (!gdb_hex_decode(digits, 2 * size_of(reg), bytes, size_of(reg))) {
        /* "xxxx": the stub has no value for the register */
        g_set_error(error, GDB_ERROR, GDB_ERROR_REPLY, "gdbstub: register '%s' has no value",
                    reg->name);
        return false;
    }
    return true;
}

/* Reads g, replaces the digits of one register, and sends all digits back as G. */
static bool write_all(GdbClient *client, const GdbRegister *reg, const char *digits,
                      GdbDeadline deadline, GError **error)
{
    const char *old = read_all(client, reg, deadline, error);

    if (!old) {
        return false;
    }
    size_t offset = (size_t)(old - client->reply->str);
    g_autofree char *request = g_strconcat("G", client->reply->str, NULL);
    memcpy(request + 1 + offset, digits, strlen(digits));
    return gdb_transport_call_ok(client, request, deadline, error);
}

static bool write_register(GdbClient *client, const GdbThread *thread, const GdbRegister *reg,
                           const uint8_t *bytes, GdbDeadline deadline, GError **error)
{
    g_autoptr(GString) digits = g_string_new(NULL);
    g_autoptr(GError) cause = NULL;

    if (!gdb_select_thread(client, thread, deadline, error)) {
        return false;
    }
    gdb_hex_append(digits, bytes, size_of(reg));
    if (!client->no_big_p) {
        g_autofree char *request = g_strdup_printf("P%x=%s", reg->regnum, digits->str);

        if (gdb_transport_call_ok(client, request, deadline, &cause)) {
            return true;
        }
        if (!is_unsupported(cause)) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return false;
        }
        client->no_big_p = true;
    }
    return write_all(client, reg, digits->str, deadline, error);
}

static bool check_size(const GdbRegister *reg, size_t size, GError **error)
{
    if (size_of(reg) != size) {
        g_set_error(error, GDB_ERROR, GDB_ERROR_ARGUMENT,
                    "gdbstub: register '%s' has %zu bytes, not %zu", reg->name, size_of(reg), size);
        return false;
    }
    return true;
}

bool gdb_register_read_bytes(GdbClient *client, const GdbThread *thread, const char *name,
                             uint8_t *bytes, size_t size, int timeout_ms, GError **error)
{
    GdbDeadline deadline = gdb_deadline(timeout_ms);
    const GdbRegister *reg = find(client, name, deadline, error);

    return reg && check_size(reg, size, error) &&
           read_register(client, thread, reg, bytes, deadline, error);
}

bool gdb_register_write_bytes(GdbClient *client, const GdbThread *thread, const char *name,
                              const uint8_t *bytes, size_t size, int timeout_ms, GError **error)
{
    GdbDeadline deadline = gdb_deadline(timeout_ms);
    const GdbRegister *reg = find(client, name, deadline, error);

    return reg && check_size(reg, size, error) &&
           write_register(client, thread, reg, bytes, deadline, error);
}

/* Finds a register that fits in a number. */
static const GdbRegister *find_number(GdbClient *client, const char *name, GdbDeadline deadline,
                                      GError **error)
{
    const GdbRegister *reg = find(client, name, deadline, error);

    if (reg && size_of(reg) > sizeof(uint64_t)) {
        g_set_error(error, GDB_ERROR, GDB_ERROR_ARGUMENT,
                    "gdbstub: register '%s' has %u bits, more than a number", name, reg->bitsize);
        return NULL;
    }
    return reg;
}

bool gdb_register_read(GdbClient *client, const GdbThread *thread, const char *name,
                       uint64_t *value, int timeout_ms, GError **error)
{
    GdbDeadline deadline = gdb_deadline(timeout_ms);
    const GdbRegister *reg = find_number(client, name, deadline, error);
    uint64_t little = 0;

    if (!reg || !read_register(client, thread, reg, (uint8_t *)&little, deadline, error)) {
        return false;
    }
    *value = GUINT64_FROM_LE(little);
    return true;
}

bool gdb_register_write(GdbClient *client, const GdbThread *thread, const char *name,
                        uint64_t value, int timeout_ms, GError **error)
{
    GdbDeadline deadline = gdb_deadline(timeout_ms);
    const GdbRegister *reg = find_number(client, name, deadline, error);
    uint64_t little = GUINT64_TO_LE(value), back = 0;

    if (!reg) {
        return false;
    }
    if (reg->bitsize < 64 && value >> reg->bitsize) {
        g_set_error(error, GDB_ERROR, GDB_ERROR_ARGUMENT,
                    "gdbstub: 0x%" G_GINT64_MODIFIER "x does not fit register '%s' (%u bits)",
                    (guint64)value, name, reg->bitsize);
        return false;
    }
    if (!write_register(client, thread, reg, (const uint8_t *)&little, deadline, error) ||
        !read_register(client, thread, reg, (uint8_t *)&back, deadline, error)) {
        return false;
    }
    if (back != little) {
        g_set_error(error, GDB_ERROR, GDB_ERROR_REPLY,
                    "gdbstub: the stub took 0x%" G_GINT64_MODIFIER "x for register '%s', but it "
                    "holds 0x%" G_GINT64_MODIFIER "x",
                    (guint64)value, name, (guint64)GUINT64_FROM_LE(back));
        return false;
    }
    return true;
}
