/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * request.c: parses a request by a table of names with one parser for the arguments of each name.
 */
#include "gdbstub-client/request.h"

#include "gdbstub-client/packet.h"
#include "gdbstub-client/parse.h"

#include <string.h>

/* The unread part of a packet. The packet has a NUL behind it, and may contain others. */
typedef struct {
    const char *at, *end;
} Cursor;

static bool at_end(const Cursor *c)
{
    return c->at == c->end;
}

static bool take(Cursor *c, char wanted)
{
    if (at_end(c) || *c->at != wanted) {
        return false;
    }
    c->at++;
    return true;
}

static bool take_text(Cursor *c, const char *wanted)
{
    size_t len = strlen(wanted);

    if ((size_t)(c->end - c->at) < len || memcmp(c->at, wanted, len) != 0) {
        return false;
    }
    c->at += len;
    return true;
}

static bool take_hex(Cursor *c, uint64_t *out)
{
    const char *start = c->at;
    uint64_t value = 0;

    for (; !at_end(c) && g_ascii_isxdigit(*c->at); c->at++) {
        if (value >> 60) {
            return false;
        }
        value = value << 4 | (unsigned)g_ascii_xdigit_value(*c->at);
    }
    *out = value;
    return c->at > start;
}

static bool take_number(Cursor *c, unsigned *out)
{
    uint64_t value;

    if (!take_hex(c, &value) || value > INT32_MAX) {
        return false;
    }
    *out = (unsigned)value;
    return true;
}

/* Refuses "p-1.3", one thread of all processes. */
static bool take_thread(Cursor *c, GdbThread *out)
{
    return gdb_thread_parse(c->at, &c->at, out) && !(out->pid < 0 && out->tid >= 0);
}

static GByteArray *bytes_new(size_t size)
{
    GByteArray *bytes = g_byte_array_new();

    g_byte_array_set_size(bytes, (guint)size + 1);
    bytes->data[size] = '\0';
    g_byte_array_set_size(bytes, (guint)size);
    return bytes;
}

/* Reads the rest of the packet as pairs of hex digits. */
static bool take_bytes(Cursor *c, GdbRequest *r)
{
    size_t digits = (size_t)(c->end - c->at), size = digits / 2;

    r->bytes = bytes_new(size);
    if (!gdb_hex_decode(c->at, digits, r->bytes->data, size)) {
        return false;
    }
    c->at = c->end;
    return true;
}

/* --- parsers of the arguments behind a name --- */

static bool parse_nothing(Cursor *c, GdbRequest *r)
{
    (void)c;
    (void)r;
    return true;
}

static bool parse_bytes(Cursor *c, GdbRequest *r)
{
    return take_bytes(c, r) && r->bytes->len > 0;
}

static bool parse_register(Cursor *c, GdbRequest *r)
{
    return take_number(c, &r->number);
}

static bool parse_register_value(Cursor *c, GdbRequest *r)
{
    return take_number(c, &r->number) && take(c, '=') && parse_bytes(c, r);
}

static bool parse_range(Cursor *c, GdbRequest *r)
{
    return take_hex(c, &r->address) && take(c, ',') && take_hex(c, &r->length);
}

static bool parse_hex_memory(Cursor *c, GdbRequest *r)
{
    return parse_range(c, r) && take(c, ':') && take_bytes(c, r) && r->bytes->len == r->length;
}

static bool parse_binary_memory(Cursor *c, GdbRequest *r)
{
    if (!parse_range(c, r) || !take(c, ':') || (uint64_t)(c->end - c->at) != r->length) {
        return false;
    }
    r->bytes = bytes_new(r->length);
    memcpy(r->bytes->data, c->at, r->length);
    c->at = c->end;
    return true;
}

/* Parses "0,4000,4". Conditions and commands of the stub are not offered, so none may follow. */
static bool parse_point(Cursor *c, GdbRequest *r)
{
    uint64_t type;

    if (!take_hex(c, &type) || type > GDB_POINT_ACCESS || !take(c, ',') || !parse_range(c, r) ||
        r->length > UINT32_MAX) {
        return false;
    }
    r->point = (GdbPoint)type;
    return true;
}

static bool parse_thread(Cursor *c, GdbRequest *r)
{
    return take_thread(c, &r->thread);
}

/* Parses the number of a process: not 0, which stands for any process. */
static bool parse_process(Cursor *c, GdbRequest *r)
{
    unsigned number;

    if (!take_number(c, &number) || number == 0) {
        return false;
    }
    r->process = number;
    return true;
}

/* Parses qAttached:1, D;1, vKill;1, or no process behind the name. */
static bool parse_some_process(Cursor *c, GdbRequest *r)
{
    return at_end(c) || ((take(c, ';') || take(c, ':')) && parse_process(c, r));
}

static bool parse_features(Cursor *c, GdbRequest *r)
{
    const char *start = c->at;

    while (!at_end(c) && (g_ascii_isalnum(*c->at) || strchr("-_.", *c->at)) && *c->at) {
        c->at++;
    }
    r->annex = g_strndup(start, (gsize)(c->at - start));
    return c->at > start && take(c, ':') && parse_range(c, r);
}

/* Parses the range of a document that has no annex. */
static bool parse_list(Cursor *c, GdbRequest *r)
{
    return take(c, ':') && parse_range(c, r);
}

/* Parses ":name+;name-;name=value;…". */
static bool parse_supported(Cursor *c, GdbRequest *r)
{
    static const char *const offers[] = {"multiprocess+", "swbreak+", "hwbreak+"};
    g_autofree char *text = g_strndup(c->at, (gsize)(c->end - c->at));
    g_auto(GStrv) features = g_strsplit_set(text, ":;", -1);

    for (unsigned i = 0; i < G_N_ELEMENTS(offers); i++) {
        if (g_strv_contains((const char *const *)features, offers[i])) {
            r->number |= 1u << i;
        }
    }
    c->at = c->end;
    return true;
}

static bool parse_step_flags(Cursor *c, GdbRequest *r)
{
    take_text(c, "0x");
    return take_number(c, &r->number);
}

static bool parse_switch(Cursor *c, GdbRequest *r)
{
    return take_number(c, &r->number) && r->number <= 1;
}

static void add_action(GdbRequest *r, bool step, GdbThread thread)
{
    GdbAction action = {step, thread};

    if (!r->actions) {
        r->actions = g_array_new(FALSE, FALSE, sizeof(GdbAction));
    }
    g_array_append_val(r->actions, action);
}

/* Reads the two hex digits behind C and S. */
static bool take_signal(Cursor *c)
{
    if (c->end - c->at < 2 || !g_ascii_isxdigit(c->at[0]) || !g_ascii_isxdigit(c->at[1])) {
        return false;
    }
    c->at += 2;
    return true;
}

/* Reads "c", "C05" or "s:p1.2". Thread 0 (any thread) is refused here, because it names no
 * thread. */
static bool take_action(Cursor *c, GdbRequest *r)
{
    static const GdbThread all = {0, -1};
    GdbThread thread = all;
    char letter = at_end(c) ? '\0' : *c->at++;

    if (letter != 'c' && letter != 's' && ((letter != 'C' && letter != 'S') || !take_signal(c))) {
        return false;
    }
    if (take(c, ':') && (!take_thread(c, &thread) || thread.tid == 0)) {
        return false;
    }
    add_action(r, letter == 's' || letter == 'S', thread);
    return true;
}

static bool parse_actions(Cursor *c, GdbRequest *r)
{
    do {
        if (!take_action(c, r)) {
            return false;
        }
    } while (take(c, ';'));
    return true;
}

/* c, C05, s, S05. An address is not accepted: gdb sets the program counter instead. */
static bool parse_continue(Cursor *c, GdbRequest *r)
{
    (void)c;
    add_action(r, false, (GdbThread){0, -1});
    return true;
}

static bool parse_step(Cursor *c, GdbRequest *r)
{
    (void)c;
    add_action(r, true, (GdbThread){0, 0});
    return true;
}

static bool parse_signal_continue(Cursor *c, GdbRequest *r)
{
    return take_signal(c) && parse_continue(c, r);
}

static bool parse_signal_step(Cursor *c, GdbRequest *r)
{
    return take_signal(c) && parse_step(c, r);
}

/* --- names --- */

/* In q, Q and v packets, a name that ends in a letter or digit must be the whole word. */
static const struct {
    const char *name;
    GdbRequestKind kind;
    bool (*parse)(Cursor *c, GdbRequest *r);
} names[] = {
    {"?", GDB_REQUEST_HALT_REASON, parse_nothing},
    {"!", GDB_REQUEST_EXTENDED, parse_nothing},
    {"vCont?", GDB_REQUEST_RESUME_QUERY, parse_nothing},
    {"vCont;", GDB_REQUEST_RESUME, parse_actions},
    {"vCont", GDB_REQUEST_RESUME, parse_actions},
    {"vAttach;", GDB_REQUEST_ATTACH, parse_process},
    {"vKill", GDB_REQUEST_KILL, parse_some_process},
    {"qSupported", GDB_REQUEST_SUPPORTED, parse_supported},
    {"qfThreadInfo", GDB_REQUEST_THREADS_FIRST, parse_nothing},
    {"qsThreadInfo", GDB_REQUEST_THREADS_NEXT, parse_nothing},
    {"qThreadExtraInfo,", GDB_REQUEST_THREAD_INFO, parse_thread},
    {"qC", GDB_REQUEST_CURRENT_THREAD, parse_nothing},
    {"qAttached", GDB_REQUEST_ATTACHED, parse_some_process},
    {"qXfer:features:read:", GDB_REQUEST_READ_FEATURES, parse_features},
    {"qXfer:threads:read:", GDB_REQUEST_READ_THREADS, parse_list},
    {"qRcmd,", GDB_REQUEST_MONITOR, take_bytes},
    {"qqemu.sstepbits", GDB_REQUEST_STEP_BITS, parse_nothing},
    {"qqemu.sstep", GDB_REQUEST_GET_STEP, parse_nothing},
    {"Qqemu.sstep=", GDB_REQUEST_SET_STEP, parse_step_flags},
    {"qqemu.PhyMemMode", GDB_REQUEST_GET_PHYSICAL, parse_nothing},
    {"Qqemu.PhyMemMode:", GDB_REQUEST_SET_PHYSICAL, parse_switch},
    {"QStartNoAckMode", GDB_REQUEST_NO_ACKS, parse_nothing},
    {"Hg", GDB_REQUEST_SELECT_GENERAL, parse_thread},
    {"Hc", GDB_REQUEST_SELECT_CONTROL, parse_thread},
    {"g", GDB_REQUEST_READ_REGISTERS, parse_nothing},
    {"G", GDB_REQUEST_WRITE_REGISTERS, parse_bytes},
    {"p", GDB_REQUEST_READ_REGISTER, parse_register},
    {"P", GDB_REQUEST_WRITE_REGISTER, parse_register_value},
    {"m", GDB_REQUEST_READ_MEMORY, parse_range},
    {"M", GDB_REQUEST_WRITE_MEMORY, parse_hex_memory},
    {"X", GDB_REQUEST_WRITE_MEMORY, parse_binary_memory},
    {"Z", GDB_REQUEST_INSERT_POINT, parse_point},
    {"z", GDB_REQUEST_REMOVE_POINT, parse_point},
    {"T", GDB_REQUEST_THREAD_ALIVE, parse_thread},
    {"c", GDB_REQUEST_RESUME, parse_continue},
    {"C", GDB_REQUEST_RESUME, parse_signal_continue},
    {"s", GDB_REQUEST_RESUME, parse_step},
    {"S", GDB_REQUEST_RESUME, parse_signal_step},
    {"bs", GDB_REQUEST_REVERSE_STEP, parse_nothing},
    {"bc", GDB_REQUEST_REVERSE_RESUME, parse_nothing},
    {"D", GDB_REQUEST_DETACH, parse_some_process},
    {"k", GDB_REQUEST_END, parse_nothing},
};

/* Reports whether the packet's word goes on behind `name`: "qCRC:" is not "qC". */
static bool goes_on(const char *name, const Cursor *c)
{
    size_t len = strlen(name);

    return len > 1 && strchr("vqQ", *name) && g_ascii_isalnum(name[len - 1]) && !at_end(c) &&
           *c->at != ':' && *c->at != ';';
}

static void clear_fields(GdbRequest *r)
{
    g_free(r->annex);
    if (r->bytes) {
        g_byte_array_unref(r->bytes);
    }
    if (r->actions) {
        g_array_unref(r->actions);
    }
}

void gdb_request_parse(GdbRequest *out, const char *data, size_t size)
{
    *out = (GdbRequest){.kind = GDB_REQUEST_UNKNOWN};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        Cursor c = {data, data + size};

        if (!take_text(&c, names[i].name) || goes_on(names[i].name, &c)) {
            continue;
        }
        out->kind = names[i].kind;
        if (!names[i].parse(&c, out) || !at_end(&c)) {
            clear_fields(out);
            *out = (GdbRequest){.kind = GDB_REQUEST_MALFORMED};
        }
        return;
    }
}

void gdb_request_clear(GdbRequest *request)
{
    clear_fields(request);
    *request = (GdbRequest){.kind = GDB_REQUEST_UNKNOWN};
}

/* --- threads --- */

/* pid 0 and -1 match any process; tid 0 and -1 match any thread of the process. */
static bool fits(const GdbThread *id, const GdbThread *thread)
{
    return (id->pid <= 0 || id->pid == thread->pid) && (id->tid <= 0 || id->tid == thread->tid);
}

const GdbThread *gdb_request_find(const GArray *threads, const GdbThread *id)
{
    for (guint i = 0; i < threads->len; i++) {
        const GdbThread *thread = &g_array_index(threads, GdbThread, i);

        if (fits(id, thread)) {
            return thread;
        }
    }
    return NULL;
}

static const GdbAction *action_of(const GdbRequest *r, const GdbThread *thread)
{
    for (guint i = 0; i < r->actions->len; i++) {
        const GdbAction *action = &g_array_index(r->actions, GdbAction, i);

        if (fits(&action->thread, thread)) {
            return action;
        }
    }
    return NULL;
}

bool gdb_request_moves(const GdbRequest *r, const GdbThread *thread)
{
    return action_of(r, thread) != NULL;
}

GdbResume gdb_request_resume(const GdbRequest *r, const GArray *threads, unsigned *stepped)
{
    guint steps = 0, continues = 0, which = 0, alone = 0;

    for (guint i = 0; i < r->actions->len; i++) {
        const GdbAction *action = &g_array_index(r->actions, GdbAction, i);

        if (!gdb_request_find(threads, &action->thread)) {
            return GDB_RESUME_UNKNOWN;
        }
        if (action->thread.tid == 0) {
            return GDB_RESUME_STEP_ANY;
        }
    }
    for (guint i = 0; i < threads->len; i++) {
        const GdbAction *action = action_of(r, &g_array_index(threads, GdbThread, i));

        if (action && action->step) {
            which = i;
            steps++;
        } else if (action) {
            continues++;
            alone += action->thread.tid > 0;
            which = steps == 0 ? i : which;
        }
    }
    if (continues == threads->len) {
        return GDB_RESUME_ALL;
    }
    if (steps == 1) {
        *stepped = which;
        return GDB_RESUME_STEP;
    }
    if (steps == 0 && continues == 1 && alone == 1) {
        *stepped = which;
        return GDB_RESUME_ALONE;
    }
    return steps == threads->len ? GDB_RESUME_STEP_ANY : GDB_RESUME_PART;
}
