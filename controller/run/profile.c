/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * profile.c: counts functions and stacks by their text. A stack is "node NAME;vcpu N;OUTER;…;INNER",
 * as flamegraph.pl and speedscope read it.
 */
#include "controller/run/profile.h"

#include "controller/base/log.h"
#include "controller/base/sink.h"
#include "controller/engine/rest.h"
#include "controller/qemu/debug.h"
#include "controller/run/node-symbols.h"
#include "controller/run/peek.h"
#include "controller/session/session-error.h"

#include <inttypes.h>
#include <string.h>

#define WHAT "profile"
#define ROOT "node "
#define IDLE "[idle]"
/* Of a node with names: an address that has none. */
#define NAMELESS "[no name]"

/* Highest distance of two frames of one stack. */
#define MAX_FRAME 65536

struct Profile {
    char *node;
    unsigned index; /* Node.index */
    int64_t every;
    unsigned depth;
    Sink *file; /* NULL: none */
    char *path; /* canonical; NULL: none */
    VTime last; /* of the last sample; -1: none */
    uint64_t samples, idle, lost;
    char *trouble;
    GHashTable *functions, *stacks; /* text -> uint64_t * */
};

static void count(GHashTable *table, const char *key)
{
    uint64_t *n = g_hash_table_lookup(table, key);

    if (!n)
        g_hash_table_insert(table, g_strdup(key), n = g_new0(uint64_t, 1));
    ++*n;
}

static int by_count(const void *a, const void *b)
{
    const ProfileRow *x = a, *y = b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return strcmp(x->name, y->name);
}

static GArray *rows_of(GHashTable *table)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(ProfileRow));
    GHashTableIter i;
    void *name, *n;

    g_hash_table_iter_init(&i, table);
    while (g_hash_table_iter_next(&i, &name, &n)) {
        ProfileRow row = {name, *(const uint64_t *)n};

        g_array_append_val(rows, row);
    }
    g_array_sort(rows, by_count);
    return rows;
}

GArray *profile_rows(const Profile *p)
{
    return rows_of(p->functions);
}

uint64_t profile_samples(const Profile *p)
{
    return p->samples;
}

uint64_t profile_idle(const Profile *p)
{
    return p->idle;
}

int64_t profile_every(const Profile *p)
{
    return p->every;
}

const char *profile_trouble(const Profile *p, uint64_t *lost)
{
    *lost = p->lost;
    return p->trouble;
}

/* --- sampling --- */

/* How a function finds its caller: the register that points at its frame, and where the caller's
 * frame and the return address are from there. AAPCS64 6.4.6; System V ABI for x86_64 3.2.2; RISC-V
 * psABI, "Frame Pointer Convention". */
typedef struct {
    const char *arch, *frame;
    const char *link; /* register with the return address of a function without a frame; or NULL */
    int caller, back;
} FrameRule;

static const FrameRule frames[] = {{"aarch64", "x29", "x30", 0, 8},
                                   {"x86_64", "rbp", NULL, 0, 8},
                                   {"riscv64", "fp", "ra", -16, -8}};

static const FrameRule *rule_of(const Node *n)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(frames); i++)
        if (n->options->arch && strcmp(n->options->arch, frames[i].arch) == 0)
            return &frames[i];
    return NULL;
}

/* The function around an address; free with g_free(). */
static char *function_at(Session *s, const Node *n, uint64_t address)
{
    const Symbols *symbols = node_symbols(s, n);
    uint64_t offset;
    const char *name = symbols ? symbols_at(symbols, address, &offset) : NULL;
    char *text = name      ? g_strdup(name)
                 : symbols ? g_strdup(NAMELESS)
                           : g_strdup_printf("0x%" PRIx64, address);

    return g_strdelimit(text, ";", ':');
}

static bool read_word(Node *n, unsigned vcpu, uint64_t address, uint64_t *value)
{
    uint8_t bytes[8];

    if (!peek_memory(n, (int)vcpu, address, bytes, sizeof(bytes), false, NULL))
        return false;
    memcpy(value, bytes, sizeof(bytes));
    *value = GUINT64_FROM_LE(*value);
    return true;
}

/* The caller of a function that has made no frame (a leaf, or at its very begin or end) is only in the
 * link register: where that is neither in the function itself, behind a call that it made, nor what
 * the first frame returns to. */
static void add_link(Session *s, const FrameRule *rule, Node *n, unsigned vcpu, uint64_t back,
                     GPtrArray *stack)
{
    const Symbols *symbols = node_symbols(s, n);
    g_autofree char *name = NULL;
    uint64_t link, offset;

    if (!rule->link || !peek_register(n, (int)vcpu, rule->link, &link, NULL) || link == back ||
        !symbols_at(symbols, link - 1, &offset))
        return;
    name = function_at(s, n, link - 1);
    if (strcmp(name, stack->pdata[0]) != 0)
        g_ptr_array_add(stack, g_steal_pointer(&name));
}

/* Adds the callers, the nearest first. A chain ends where it can't be one: frames go up, and what a
 * frame returns to has a name. */
static void add_callers(Session *s, const Profile *p, Node *n, unsigned vcpu, GPtrArray *stack)
{
    const FrameRule *rule = rule_of(n);
    uint64_t frame, caller, back, offset;
    const Symbols *symbols = node_symbols(s, n);

    if (!rule || !symbols || p->depth < 2 ||
        !peek_register(n, (int)vcpu, rule->frame, &frame, NULL))
        return;
    while (stack->len < p->depth && frame > MAX_FRAME && frame % 8 == 0 &&
           read_word(n, vcpu, frame + (uint64_t)(int64_t)rule->back, &back) &&
           read_word(n, vcpu, frame + (uint64_t)(int64_t)rule->caller, &caller) &&
           symbols_at(symbols, back - 1, &offset)) {
        if (stack->len == 1)
            add_link(s, rule, n, vcpu, back, stack);
        if (stack->len == p->depth)
            return;
        g_ptr_array_add(stack, function_at(s, n, back - 1)); /* the call, not what is behind it */
        if (caller <= frame || caller - frame > MAX_FRAME)
            return;
        frame = caller;
    }
}

static void count_stack(const Profile *p, unsigned vcpu, const GPtrArray *stack)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_printf(text, ROOT "%s;vcpu %u", p->node, vcpu);
    for (unsigned i = stack->len; i-- > 0;)
        g_string_append_printf(text, ";%s", (const char *)stack->pdata[i]);
    count(p->stacks, text->str);
}

static bool sample_vcpu(Session *s, Profile *p, Node *n, unsigned vcpu, const GdbThread *thread,
                        GError **error)
{
    g_autoptr(GPtrArray) stack = g_ptr_array_new_with_free_func(g_free);
    GdbClient *gdb = debug_client(n);
    bool halted;
    uint64_t pc;

    if (!gdb_thread_halted(gdb, thread, &halted, NODE_REPLY_MS, error) ||
        (!halted && !debug_pc(n, thread, &pc, error)))
        return false;
    p->samples++;
    if (halted) {
        p->idle++;
        g_ptr_array_add(stack, g_strdup(IDLE));
    } else {
        g_ptr_array_add(stack, function_at(s, n, pc));
        count(p->functions, stack->pdata[0]);
        add_callers(s, p, n, vcpu, stack);
    }
    count_stack(p, vcpu, stack);
    return true;
}

static bool sample_node(Session *s, Profile *p, Node *n, GError **error)
{
    GdbClient *gdb = debug_use(n, error);
    g_autoptr(GArray) threads = gdb ? gdb_threads(gdb, NODE_REPLY_MS, error) : NULL;
    bool ok = threads != NULL;

    for (unsigned i = 0; ok && i < threads->len; i++)
        ok = sample_vcpu(s, p, n, i, &g_array_index(threads, GdbThread, i), error);
    if (gdb)
        debug_release(n);
    return ok;
}

/* The first trouble is told, the others are counted. */
static void lose(Profile *p, const GError *e)
{
    if (p->lost++ > 0)
        return;
    p->trouble = g_strdup(e->message);
    log_warn("trace %s functions: no sample: %s", p->node, e->message);
}

static Node *node_of(const Session *s, const Profile *p)
{
    for (unsigned i = 0; i < s->nodes->len; i++)
        if (((const Node *)s->nodes->pdata[i])->index == p->index)
            return s->nodes->pdata[i];
    return NULL;
}

static int64_t step_of(const Session *s, const Profile *p)
{
    int64_t step;

    return __builtin_mul_overflow(engine_quantum(s->engine).ns, p->every, &step) ? RUN_FOR_EVER
                                                                                 : step;
}

VTime profile_next_time(const Session *s)
{
    int64_t now = engine_now(s->engine).ns, next = RUN_FOR_EVER;

    for (unsigned i = 0; s->profiles && i < s->profiles->len; i++) {
        const Profile *p = s->profiles->pdata[i];
        const Node *n = node_of(s, p);
        int64_t step = step_of(s, p), at;

        if (n && node_is_live(n) && !__builtin_add_overflow(now - now % step, step, &at))
            next = MIN(next, at);
    }
    return vtime(next);
}

void profile_sample(Session *s)
{
    VTime now = engine_now(s->engine);

    for (unsigned i = 0; s->profiles && i < s->profiles->len; i++) {
        Profile *p = s->profiles->pdata[i];
        Node *n = node_of(s, p);
        g_autoptr(GError) error = NULL;

        if (!n || n->state != NODE_PAUSED || now.ns == p->last.ns || now.ns % step_of(s, p) != 0)
            continue;
        p->last = now;
        if (!sample_node(s, p, n, &error))
            lose(p, error);
    }
}

/* --- beginning and end --- */

/* Collapsed stacks of ours. */
static bool is_profile(const char *head, gsize size)
{
    return size > strlen(ROOT) && memcmp(head, ROOT, strlen(ROOT)) == 0 &&
           g_strstr_len(head, (gssize)size, ";vcpu ");
}

static void write_stacks(const Profile *p)
{
    g_autoptr(GArray) rows = rows_of(p->stacks);
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; i < rows->len; i++) {
        const ProfileRow *r = &g_array_index(rows, ProfileRow, i);

        g_string_append_printf(text, "%s %" PRIu64 "\n", r->name, r->count);
    }
    sink_write(p->file, text->str, text->len);
}

static void profile_free(void *data)
{
    Profile *p = data;

    if (p->file)
        write_stacks(p);
    sink_close(p->file);
    g_hash_table_unref(p->functions);
    g_hash_table_unref(p->stacks);
    g_free(p->trouble);
    g_free(p->path);
    g_free(p->node);
    g_free(p);
}

static Profile *profile_new(const Node *n, const ProfileOptions *o)
{
    Profile *p = g_new0(Profile, 1);

    p->node = g_strdup(n->name);
    p->index = n->index;
    p->every = o->every;
    p->depth = o->depth;
    p->path = o->path ? g_canonicalize_filename(o->path, NULL) : NULL;
    p->last = vtime(-1);
    p->functions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    p->stacks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return p;
}

static void add(Session *s, Profile *p)
{
    if (!s->profiles)
        s->profiles = g_ptr_array_new_with_free_func(profile_free);
    g_ptr_array_add(s->profiles, p);
}

bool profile_begin(Session *s, const Node *n, const ProfileOptions *o, GError **error)
{
    g_autoptr(GError) e = NULL;
    Sink *file = NULL;
    Profile *p;

    if (o->path && (s->options.dry ? !sink_accepts(o->path, WHAT, is_profile, &e)
                                   : !(file = sink_open(o->path, WHAT, is_profile, &e)))) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "can't write the functions of node %s to '%s': %s", n->name, o->path,
                    e->message);
        return false;
    }
    p = profile_new(n, o);
    p->file = file;
    add(s, p);
    return true;
}

const Profile *profile_of(const Session *s, const Node *n)
{
    for (unsigned i = 0; s->profiles && i < s->profiles->len; i++)
        if (((const Profile *)s->profiles->pdata[i])->index == n->index)
            return s->profiles->pdata[i];
    return NULL;
}

const char *profile_writer(const Session *s, const char *path)
{
    g_autofree char *canonical = g_canonicalize_filename(path, NULL);

    for (unsigned i = 0; s->profiles && i < s->profiles->len; i++) {
        const Profile *p = s->profiles->pdata[i];

        if (g_strcmp0(p->path, canonical) == 0)
            return p->node;
    }
    return NULL;
}

bool profile_end(Session *s, const Node *n)
{
    return s->profiles && profile_of(s, n) &&
           g_ptr_array_remove(s->profiles, (void *)profile_of(s, n));
}

void profiles_free(Session *s)
{
    g_clear_pointer(&s->profiles, g_ptr_array_unref);
}

void profiles_mirror(const Session *from, Session *to)
{
    for (unsigned i = 0; from->profiles && i < from->profiles->len; i++) {
        const Profile *p = from->profiles->pdata[i];
        const Node *n = node_of(to, p);
        const ProfileOptions o = {.path = p->path, .every = p->every, .depth = p->depth};

        if (n)
            add(to, profile_new(n, &o));
    }
}
