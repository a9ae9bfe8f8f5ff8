/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * debug-view.c: answers gdb's requests, one function for each kind of request.
 *
 * Settings and points of a gdb are kept here and applied to the shared stub only for the request
 * that needs them.
 */
#include "controller/engine/debug-view.h"

#include "controller/base/text.h"
#include "controller/qemu/debug.h"
#include "gdbstub-client/packet.h"
#include "gdbstub-client/parse.h"

#include <inttypes.h>
#include <string.h>

/* A stub that stands answers within a millisecond. The stub of a remote host depends on the
 * connection. */
#define PATIENCE_MS 1000

/* Bytes of an answer that are not data: the letter before the data, the frame. */
#define ANSWER_OVERHEAD 8u

typedef struct {
    GdbPoint type;
    uint64_t address;
    unsigned kind;
} Point;

struct DebugView {
    Node *node;
    DebugThreads threads;
    bool physical;   /* m and M use physical addresses */
    unsigned sstep;  /* GDB_SSTEP_ bits that this gdb has set */
    GArray *points;  /* Point: set by this gdb */
    GError *problem; /* why QEMU did not answer the last request */
};

static GdbClient *client_of(const DebugView *v)
{
    return debug_client(v->node);
}

static int patience(const Node *n)
{
    return n->remote ? NODE_REPLY_MS : PATIENCE_MS;
}

DebugView *debug_view_new(Node *n, GError **error)
{
    DebugView *v;

    if (!debug_use_within(n, patience(n), error))
        return NULL;
    v = g_new0(DebugView, 1);
    v->node = n;
    v->sstep = GDB_SSTEP_ENABLE | GDB_SSTEP_NOIRQ | GDB_SSTEP_NOTIMER;
    debug_threads_init(&v->threads, n, patience(n));
    v->points = g_array_new(FALSE, FALSE, sizeof(Point));
    return v;
}

/* Whether the stub still answers, so that points can be removed. With a dead QEMU each removal
 * would wait for its time limit. */
static bool can_clean_up(const DebugView *v)
{
    unsigned sstep;

    return v->points->len > 0 && node_is_live(v->node) &&
           gdb_sstep_get(client_of(v), &sstep, patience(v->node), NULL);
}

void debug_view_free(DebugView *v)
{
    bool clean;

    if (!v)
        return;
    clean = can_clean_up(v);
    for (unsigned i = 0; clean && i < v->points->len; i++) {
        const Point *p = &g_array_index(v->points, Point, i);

        debug_remove_point(v->node, p->type, p->address, p->kind, NULL);
    }
    debug_release(v->node);
    g_array_unref(v->points);
    debug_threads_clear(&v->threads);
    g_clear_error(&v->problem);
    g_free(v);
}

const char *debug_view_problem(const DebugView *v)
{
    return v->problem ? v->problem->message : NULL;
}

bool debug_view_masks(const DebugView *v)
{
    return v->sstep & GDB_SSTEP_NOIRQ;
}

bool debug_view_physical(const DebugView *v)
{
    return v->physical;
}

unsigned debug_view_vcpu(DebugView *v)
{
    const GArray *all = debug_threads_all(&v->threads, NULL);

    for (unsigned i = 0; all && i < all->len; i++)
        if (g_array_index(all, GdbThread, i).tid == v->threads.chosen.tid)
            return i;
    return 0;
}

DebugThreads *debug_view_threads(DebugView *v)
{
    return &v->threads;
}

/* --- requests to QEMU --- */

static bool ask(DebugView *v, GString *answer, const char *format, ...) G_GNUC_PRINTF(3, 4);

static bool ask(DebugView *v, GString *answer, const char *format, ...)
{
    g_autofree char *request = NULL;
    va_list args;

    va_start(args, format);
    request = g_strdup_vprintf(format, args);
    va_end(args);
    return gdb_forward(client_of(v), request, strlen(request), answer, patience(v->node),
                       &v->problem);
}

char *debug_view_thread_text(DebugView *v, const GdbThread *thread)
{
    g_autofree char *id = gdb_thread_format(thread);
    g_autoptr(GString) answer = g_string_new(NULL);
    g_autofree char *text = NULL;

    g_clear_error(&v->problem);
    if (!ask(v, answer, "qThreadExtraInfo,%s", id))
        return g_strdup("");
    text = g_malloc0(answer->len / 2 + 1);
    if (!gdb_hex_decode(answer->str, answer->len, (uint8_t *)text, answer->len / 2))
        *text = '\0';
    return text_line(text, -1);
}

static bool reply_thread(DebugView *v, const GdbRequest *r, GString *answer)
{
    const GArray *threads = debug_threads_all(&v->threads, &v->problem);
    const GdbThread *found = threads ? gdb_request_find(threads, &r->thread) : NULL;
    g_autofree char *id = found ? gdb_thread_format(found) : NULL;

    if (!threads)
        return false;
    g_string_assign(answer, "E22");
    return !found || ask(v, answer, "qThreadExtraInfo,%s", id);
}

static bool choose(DebugView *v)
{
    return debug_threads_all(&v->threads, &v->problem) &&
           gdb_thread_select(client_of(v), &v->threads.chosen, patience(v->node), &v->problem);
}

static char *hex_of(const GByteArray *bytes)
{
    GString *text = g_string_new(NULL);

    gdb_hex_append(text, bytes->data, bytes->len);
    return g_string_free(text, FALSE);
}

/* Writes one register or all. QEMU fills a value that is too short with bytes of the previous
 * packet. So the registers are read first, to compare the length. */
static bool write_registers(DebugView *v, const GdbRequest *r, GString *answer)
{
    g_autofree char *hex = hex_of(r->bytes);
    bool all = r->kind == GDB_REQUEST_WRITE_REGISTERS;

    if (!choose(v) || !(all ? ask(v, answer, "g") : ask(v, answer, "p%x", r->number)))
        return false;
    if (answer->len != strlen(hex)) {
        g_string_assign(answer, answer->len ? "E22" : "");
        return true;
    }
    return all ? ask(v, answer, "G%s", hex) : ask(v, answer, "P%x=%s", r->number, hex);
}

static bool read_registers(DebugView *v, const GdbRequest *r, GString *answer)
{
    if (!choose(v))
        return false;
    return r->kind == GDB_REQUEST_READ_REGISTERS ? ask(v, answer, "g")
                                                 : ask(v, answer, "p%x", r->number);
}

static bool read_memory(DebugView *v, const GdbRequest *r, GString *answer)
{
    if (r->length == 0 || r->length > gdb_client_packet_size(client_of(v)) / 2) {
        g_string_assign(answer, "E22");
        return true;
    }
    return ask(v, answer, "m%" PRIx64 ",%" PRIx64, r->address, r->length);
}

static bool write_memory(DebugView *v, const GdbRequest *r, GString *answer)
{
    GError *error = NULL;

    if (gdb_memory_write(client_of(v), r->address, r->bytes->data, r->bytes->len, patience(v->node),
                         &error)) {
        g_string_assign(answer, "OK");
        return true;
    }
    if (!g_error_matches(error, GDB_ERROR, GDB_ERROR_REPLY)) {
        g_propagate_error(&v->problem, error);
        return false;
    }
    g_error_free(error);
    g_string_assign(answer, "E14");
    return true;
}

/* Reads or writes memory. The stub's mode for physical addresses outlives a connection and holds
 * for all of them, so it is set for this access alone. */
static bool access_memory(DebugView *v, const GdbRequest *r, GString *answer)
{
    bool read = r->kind == GDB_REQUEST_READ_MEMORY, ok;

    if (!choose(v) ||
        (v->physical && !gdb_phy_mem_mode_set(client_of(v), true, patience(v->node), &v->problem)))
        return false;
    ok = (read ? read_memory : write_memory)(v, r, answer);
    if (v->physical)
        ok =
            gdb_phy_mem_mode_set(client_of(v), false, patience(v->node), ok ? &v->problem : NULL) &&
            ok;
    return ok;
}

static bool read_features(DebugView *v, const GdbRequest *r, GString *answer)
{
    uint64_t room = gdb_client_packet_size(client_of(v)) - ANSWER_OVERHEAD;

    return ask(v, answer, "qXfer:features:read:%s:%" PRIx64 ",%" PRIx64, r->annex, r->address,
               MIN(r->length, room));
}

/* --- points --- */

static Point *find_point(const DebugView *v, const GdbRequest *r)
{
    for (unsigned i = 0; i < v->points->len; i++) {
        Point *p = &g_array_index(v->points, Point, i);

        if (p->type == r->point && p->address == r->address && p->kind == r->length)
            return p;
    }
    return NULL;
}

/* Adds or removes a point. A point that one gdb sets twice is still one point. */
static bool change_point(DebugView *v, const GdbRequest *r, GString *answer)
{
    bool insert = r->kind == GDB_REQUEST_INSERT_POINT, ok;
    Point *known = find_point(v, r), point = {r->point, r->address, (unsigned)r->length};
    g_autoptr(GError) error = NULL;

    if (insert)
        ok = known || debug_add_point(v->node, point.type, point.address, point.kind, &error);
    else
        ok = known && debug_remove_point(v->node, point.type, point.address, point.kind, &error);
    if (insert && ok && !known)
        g_array_append_val(v->points, point);
    else if (!insert && known)
        g_array_remove_index(v->points, (guint)(known - (Point *)(void *)v->points->data));
    g_string_assign(answer, ok ? "OK" : "E22");
    return true;
}

static bool watches(const Point *p, const GdbStop *stop)
{
    return p->type > GDB_POINT_HARDWARE && stop->watch != GDB_WATCH_NONE &&
           stop->address >= p->address && stop->address - p->address < p->kind;
}

bool debug_view_watches(const DebugView *v, const GdbStop *stop)
{
    for (unsigned i = 0; i < v->points->len; i++)
        if (watches(&g_array_index(v->points, Point, i), stop))
            return true;
    return false;
}

static bool is_at(const Point *p, const DebugHit *hit)
{
    if (p->type <= GDB_POINT_HARDWARE)
        return hit->stop.watch == GDB_WATCH_NONE && p->address == hit->pc;
    return watches(p, &hit->stop);
}

bool debug_view_hit(const DebugView *v, GdbPoint *type)
{
    const DebugHit *hit = debug_hit(v->node);

    for (unsigned i = 0; hit && i < v->points->len; i++) {
        const Point *p = &g_array_index(v->points, Point, i);

        if (!is_at(p, hit))
            continue;
        *type = p->type;
        return true;
    }
    return false;
}

/* --- settings --- */

/* Sets the step bits. Without ENABLE a "step" would run on. */
static bool set_step(DebugView *v, const GdbRequest *r, GString *answer)
{
    unsigned bits;

    if (!gdb_sstep_bits(client_of(v), &bits, patience(v->node), &v->problem))
        return false;
    if (r->number & ~bits || !(r->number & GDB_SSTEP_ENABLE)) {
        g_string_assign(answer, "E22");
        return true;
    }
    v->sstep = r->number;
    g_string_assign(answer, "OK");
    return true;
}

static bool reply_features(DebugView *v, const GdbRequest *r, GString *answer)
{
    v->threads.multiprocess = r->number & GDB_OFFERS_MULTIPROCESS;
    g_string_printf(answer, "PacketSize=%zx;multiprocess+;vContSupported+%s",
                    gdb_client_packet_size(client_of(v)),
                    gdb_client_describes(client_of(v)) ? ";qXfer:features:read+" : "");
    return true;
}

static bool reply(GString *answer, const char *text)
{
    g_string_assign(answer, text);
    return true;
}

/* Answers requests that choose a thread or ask which threads there are. */
static bool answer_about_threads(DebugView *v, const GdbRequest *r, GString *answer)
{
    switch (r->kind) {
    case GDB_REQUEST_SELECT_GENERAL:
    case GDB_REQUEST_SELECT_CONTROL:
        return debug_threads_select(&v->threads, r, answer, &v->problem);
    case GDB_REQUEST_THREAD_ALIVE:
        return debug_threads_alive(&v->threads, r, answer, &v->problem);
    case GDB_REQUEST_THREADS_FIRST:
    case GDB_REQUEST_THREADS_NEXT:
        return debug_threads_list(&v->threads, r, answer, &v->problem);
    case GDB_REQUEST_CURRENT_THREAD:
        return debug_threads_current(&v->threads, answer, &v->problem);
    default: /* GDB_REQUEST_THREAD_INFO */
        return reply_thread(v, r, answer);
    }
}

static bool answer_about_settings(DebugView *v, const GdbRequest *r, GString *answer)
{
    switch (r->kind) {
    case GDB_REQUEST_SUPPORTED:
        return reply_features(v, r, answer);
    case GDB_REQUEST_STEP_BITS:
        return ask(v, answer, "qqemu.sstepbits");
    case GDB_REQUEST_GET_STEP:
        g_string_printf(answer, "0x%x", v->sstep);
        return true;
    case GDB_REQUEST_SET_STEP:
        return set_step(v, r, answer);
    case GDB_REQUEST_GET_PHYSICAL:
        return reply(answer, v->physical ? "1" : "0");
    default: /* GDB_REQUEST_SET_PHYSICAL */
        v->physical = r->number;
        return reply(answer, "OK");
    }
}

static bool answer_one(DebugView *v, const GdbRequest *r, GString *answer)
{
    switch (r->kind) {
    case GDB_REQUEST_MALFORMED:
        return reply(answer, "E22");
    case GDB_REQUEST_READ_REGISTERS:
    case GDB_REQUEST_READ_REGISTER:
        return read_registers(v, r, answer);
    case GDB_REQUEST_WRITE_REGISTERS:
    case GDB_REQUEST_WRITE_REGISTER:
        return write_registers(v, r, answer);
    case GDB_REQUEST_READ_MEMORY:
    case GDB_REQUEST_WRITE_MEMORY:
        return access_memory(v, r, answer);
    case GDB_REQUEST_INSERT_POINT:
    case GDB_REQUEST_REMOVE_POINT:
        return change_point(v, r, answer);
    case GDB_REQUEST_SELECT_GENERAL:
    case GDB_REQUEST_SELECT_CONTROL:
    case GDB_REQUEST_THREAD_ALIVE:
    case GDB_REQUEST_THREADS_FIRST:
    case GDB_REQUEST_THREADS_NEXT:
    case GDB_REQUEST_THREAD_INFO:
    case GDB_REQUEST_CURRENT_THREAD:
        return answer_about_threads(v, r, answer);
    case GDB_REQUEST_RESUME_QUERY:
        return reply(answer, "vCont;c;C;s;S");
    case GDB_REQUEST_ATTACHED:
        return reply(answer, "1");
    case GDB_REQUEST_READ_FEATURES:
        return read_features(v, r, answer);
    case GDB_REQUEST_SUPPORTED:
    case GDB_REQUEST_STEP_BITS:
    case GDB_REQUEST_GET_STEP:
    case GDB_REQUEST_SET_STEP:
    case GDB_REQUEST_GET_PHYSICAL:
    case GDB_REQUEST_SET_PHYSICAL:
        return answer_about_settings(v, r, answer);
    case GDB_REQUEST_UNKNOWN:
    case GDB_REQUEST_HALT_REASON:
    case GDB_REQUEST_RESUME:
    case GDB_REQUEST_REVERSE_STEP:
    case GDB_REQUEST_REVERSE_RESUME:
    case GDB_REQUEST_MONITOR:
    case GDB_REQUEST_NO_ACKS:
    case GDB_REQUEST_READ_THREADS:
    case GDB_REQUEST_EXTENDED:
    case GDB_REQUEST_ATTACH:
    case GDB_REQUEST_DETACH:
    case GDB_REQUEST_KILL:
    case GDB_REQUEST_END:
        return true;
    }
    g_assert_not_reached();
}

void debug_view_answer(DebugView *v, const GdbRequest *r, GString *answer)
{
    g_clear_error(&v->problem);
    g_string_truncate(answer, 0);
    if (!answer_one(v, r, answer))
        g_string_assign(answer, "E01");
}
