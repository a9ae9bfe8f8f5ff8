/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * breaks.c: the list of breaks. Points and console watches live in the node, packet breaks observe
 * the network, conditions without a node's clock are evaluated at each barrier by the thread that
 * completes the barrier. The other breaks are examined at rest, in the main thread. The list itself
 * changes only while the nodes stand.
 */
#include "controller/run/breaks.h"

#include "controller/base/log.h"
#include "controller/base/text.h"
#include "controller/base/units.h"
#include "controller/fabric/fabric.h"
#include "controller/network/filter.h"
#include "controller/qemu/debug.h"
#include "controller/run/expr.h"
#include "controller/run/node-symbols.h"
#include "controller/run/values.h"
#include "controller/session/output.h"
#include "controller/session/session-error.h"
#include "controller/session/table.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

typedef enum {
    BREAK_TIME,
    BREAK_CONSOLE,
    BREAK_POINT,
    BREAK_WHEN,
    BREAK_WATCH,
    BREAK_PACKET,
    BREAK_EVENT,
} BreakKind;

typedef enum {
    EVENT_RESET,
    EVENT_PANIC,
    EVENT_WATCHDOG,
    EVENT_SUSPEND,
    EVENT_OFF,
    EVENT_EXIT,
    EVENT_KINDS,
} GuestEvent;

const char *const breaks_events[] = {
    [EVENT_RESET] = "reset",     [EVENT_PANIC] = "panic", [EVENT_WATCHDOG] = "watchdog",
    [EVENT_SUSPEND] = "suspend", [EVENT_OFF] = "off",     [EVENT_EXIT] = "exit",
    [EVENT_KINDS] = NULL};

typedef struct {
    unsigned number;
    BreakKind kind;
    char *text; /* column "where" of the list */
    uint64_t hits;

    VTime time;  /* BREAK_TIME: the time to stop at; BREAK_WATCH: the next time */
    VTime every; /* BREAK_WATCH */
    bool over;   /* BREAK_TIME: the time has passed */

    Node *node;    /* BREAK_CONSOLE, BREAK_POINT */
    char *pattern; /* BREAK_CONSOLE; a check compiles none */
    GRegex *regex;
    LinesWatch *watch; /* NULL until the node has a console */
    bool reported;     /* a warning was shown that the pattern gave up; BREAK_WHEN: that it fails */

    GdbPoint type;
    uint64_t address;
    unsigned length;
    bool set;
    bool passed; /* it was hit in the last piece, and lets the run go on */

    GuestEvent event; /* BREAK_EVENT */
    unsigned seen;    /* how many of them were before */

    char *expression; /* BREAK_WHEN */
    bool needs_clocks;
    bool held; /* the condition was true at the barrier before */
    atomic_bool fired;

    char *command;                                       /* BREAK_WATCH */
    void (*look)(Session *session, const char *command); /* carries out command */

    Session *session; /* BREAK_PACKET */
    Filter *filter;   /* NULL: every frame */
    char *frames;     /* the text of `filter` */
    bool between;
    unsigned ports[2];
    char *packet; /* the first packet that matched */

    Manner manner;
} Break;

struct Breaks {
    GPtrArray *list; /* Break */
    unsigned last;   /* highest number given out */
    bool observing;
};

static void detach(Break *b)
{
    if (b->set && node_is_live(b->node))
        (b->type <= GDB_POINT_HARDWARE ? debug_remove_point : debug_remove_access)(
            b->node, b->type, b->address, b->length, NULL);
    b->set = false;
    if (b->watch)
        lines_unwatch(console_lines(b->node->console), b->watch);
    b->watch = NULL;
}

static void break_free(void *data)
{
    Break *b = data;

    detach(b);
    if (b->kind == BREAK_PACKET && !b->session->options.dry)
        network_unobserve(fabric_network(b->session->fabric), b);
    filter_free(b->filter);
    g_free(b->frames);
    g_free(b->packet);
    g_clear_pointer(&b->regex, g_regex_unref);
    g_free(b->pattern);
    g_free(b->text);
    g_free(b->expression);
    g_free(b->command);
    manner_clear(&b->manner);
    g_free(b);
}

static struct Breaks *list_of(Session *s)
{
    if (!s->breaks) {
        s->breaks = g_new0(struct Breaks, 1);
        s->breaks->list = g_ptr_array_new_with_free_func(break_free);
    }
    return s->breaks;
}

void breaks_count(Session *s, unsigned number)
{
    for (unsigned i = 0; s->breaks && i < s->breaks->list->len; i++) {
        Break *b = s->breaks->list->pdata[i];

        if (b->number != number)
            continue;
        b->hits++;
        if (b->manner.once)
            g_ptr_array_remove_index(s->breaks->list, i);
        return;
    }
}

bool breaks_any(const Session *s)
{
    bool any = s->breaks && s->breaks->list->len > 0;

    for (unsigned i = 0; i < s->nodes->len; i++)
        any = any || debug_armed(s->nodes->pdata[i]);
    return any;
}

void breaks_clear(Session *s)
{
    if (s->breaks)
        g_ptr_array_set_size(s->breaks->list, 0);
}

void breaks_free(Session *s)
{
    if (!s->breaks)
        return;
    g_ptr_array_unref(s->breaks->list);
    g_free(s->breaks);
    s->breaks = NULL;
}

static unsigned add(Session *s, Break *b)
{
    struct Breaks *breaks = list_of(s);

    b->number = ++breaks->last;
    g_ptr_array_add(breaks->list, b);
    return b->number;
}

static Break *break_new(BreakKind kind, char *text)
{
    Break *b = g_new0(Break, 1);

    b->kind = kind;
    b->text = text;
    return b;
}

unsigned breaks_add_time(Session *s, VTime time, GError **error)
{
    g_autofree char *now = units_format_seconds(engine_now(s->engine));
    g_autofree char *text = units_format_duration(time);
    Break *b;

    if (time.ns <= engine_now(s->engine).ns) { /* in a check: the run stands there, or later */
        g_set_error(
            error, SESSION_ERROR, SESSION_ERROR_USAGE,
            "that time is over: the ensemble stands at %s, and `reverse-until %s` goes back", now,
            text);
        return 0;
    }
    b = break_new(BREAK_TIME, g_steal_pointer(&text));
    b->time = time;
    return add(s, b);
}

static bool set_pattern(const Session *s, Break *b, const char *regex, GError **error)
{
    b->pattern = g_strdup(regex);
    if (s->options.dry)
        return pattern_check(regex, error);
    b->regex = pattern_new(regex, error);
    return b->regex != NULL;
}

unsigned breaks_add_console(Session *s, Node *node, const char *regex, GError **error)
{
    Break *b = break_new(BREAK_CONSOLE, g_strdup_printf("%s /%s/", node->name, regex));

    b->node = node;
    if (set_pattern(s, b, regex, error))
        return add(s, b);
    break_free(b);
    return 0;
}

static bool attach(Break *b, GError **error);

unsigned breaks_add_point(Session *s, Node *node, GdbPoint type, uint64_t address, unsigned length,
                          GError **error)
{
    const char *access = type == GDB_POINT_WRITE  ? "write"
                         : type == GDB_POINT_READ ? "read"
                                                  : "access";
    g_autofree char *place = node_symbols_place(s, node, address);
    Break *b = break_new(BREAK_POINT,
                         type <= GDB_POINT_HARDWARE
                             ? g_strdup_printf("%s %s", node->name, place)
                             : g_strdup_printf("%s %s %u %s", node->name, place, length, access));

    b->node = node;
    b->type = type;
    b->address = address;
    b->length = length;
    /* Set the point now: an error of QEMU must come at once, not at the next run. */
    if (!attach(b, error)) {
        g_prefix_error(error, "node %s: ", node->name);
        break_free(b);
        return 0;
    }
    return add(s, b);
}

/* How often the node's guest has done this. */
static unsigned times(const Node *n, GuestEvent event)
{
    switch (event) {
    case EVENT_RESET:
        return n->life.resets;
    case EVENT_PANIC:
        return n->life.reported[NODE_EVENT_PANICKED].n + (n->state == NODE_PANICKED);
    case EVENT_WATCHDOG:
        return n->life.reported[NODE_EVENT_WATCHDOG].n + (n->state == NODE_WATCHDOG);
    case EVENT_SUSPEND:
        return n->life.reported[NODE_EVENT_SUSPEND_DISK].n + (n->state == NODE_SUSPENDED);
    case EVENT_OFF:
        return n->state == NODE_OFF;
    case EVENT_EXIT:
        return n->exit_status >= 0;
    case EVENT_KINDS:
        break;
    }
    g_assert_not_reached();
}

static bool happened(const Break *b)
{
    return b->kind == BREAK_EVENT && times(b->node, b->event) > b->seen;
}

unsigned breaks_add_event(Session *s, Node *node, const char *event, GError **error)
{
    g_autofree char *all = NULL;
    Break *b;

    if (node->options->host) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s is on another host, whose guests' events come later than the barrier: "
                    "only a node of this host can have such a break",
                    node->name);
        return 0;
    }
    for (unsigned i = 0; i < EVENT_KINDS; i++) {
        if (strcmp(breaks_events[i], event) != 0)
            continue;
        b = break_new(BREAK_EVENT, g_strdup_printf("%s %s", node->name, event));
        b->node = node;
        b->event = i;
        b->seen = times(node, i);
        b->needs_clocks = true;
        return add(s, b);
    }
    all = g_strjoinv(", ", (char **)breaks_events);
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "'%s' is no event: %s", event, all);
    return 0;
}

/* The evaluation also reports whether the expression uses a node's clock. */
unsigned breaks_add_when(Session *s, const char *expression, GError **error)
{
    Values values = {.session = s, .check = true};
    ExprResult result;
    Break *b;

    if (!expr_evaluate(expression, values_lookup, &values, &result, error))
        return 0;
    b = break_new(BREAK_WHEN, g_strdup(expression));
    b->expression = g_strdup(expression);
    b->needs_clocks = values.used_clock;
    if (b->needs_clocks && !s->options.dry)
        log_info("'%s' needs every node's clock: each barrier becomes a stop, some ms of host time",
                 expression);
    return add(s, b);
}

unsigned breaks_add_watch(Session *s, const char *command, VTime every,
                          void (*look)(Session *session, const char *command), GError **error)
{
    g_autofree char *period = units_format_duration(every);
    Break *b;

    if (every.ns <= 0) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "how often? A duration above 0 is needed, such as 10ms");
        return 0;
    }
    b = break_new(BREAK_WATCH, NULL);
    b->every = every;
    b->time = vtime_add_capped(engine_now(s->engine), every);
    b->command = g_strdup(command);
    b->look = look;
    b->text = g_strdup_printf("every %s: %s", period, command);
    return add(s, b);
}

/* Called at a barrier, in the thread that completes the barrier. */
static void on_packet(const NetEvent *e, void *data)
{
    Break *b = data;
    g_autofree char *time = NULL;

    if (e->kind != NET_SENT || b->packet ||
        (b->between && e->port != b->ports[0] && e->port != b->ports[1]) ||
        (b->filter && !filter_matches(b->filter, e->data, e->size)))
        return;
    time = units_format_seconds(e->sent);
    b->packet = g_strdup_printf(
        "%s sent a packet of %zu bytes at %s, event %" PRIu64 " of the trace",
        network_end_name(fabric_network(b->session->fabric), (NetEnd){false, e->port}), e->size,
        time, e->trace_number);
    atomic_store(&b->fired, true);
}

static bool find_ports(Session *s, const char *const *ends, unsigned ports[2], GError **error)
{
    for (unsigned i = 0; i < 2; i++) {
        NetEnd end;

        if (!network_find(fabric_network(s->fabric), ends[i], &end, error)) {
            session_doubt_link(s, ends[0], ends[1]);
            return false;
        }
        if (end.is_switch) {
            g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                        "'%s' is a switch: it sends nothing of its own", ends[i]);
            return false;
        }
        ports[i] = end.index;
    }
    return true;
}

unsigned breaks_add_packet(Session *s, const char *const *ends, const char *filter, GError **error)
{
    unsigned ports[2] = {0, 0};
    Filter *parsed = NULL;
    Break *b;

    if (!s->fabric) {
        checking_in_doubt(s->checking, CHECKING_LINK, NULL);
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "there is no link yet: `link add` comes first");
        return 0;
    }
    if ((ends && !find_ports(s, ends, ports, error)) ||
        (filter && !(parsed = filter_new(filter, error))))
        return 0;
    b = break_new(BREAK_PACKET,
                  g_strdup_printf("%s%s%s%s%s", ends ? ends[0] : "any", ends ? " " : "",
                                  ends ? ends[1] : "", filter ? " " : "", filter ? filter : ""));
    b->session = s;
    b->filter = parsed;
    b->frames = g_strdup(filter);
    b->between = ends != NULL;
    memcpy(b->ports, ports, sizeof(ports));
    if (!s->options.dry)
        network_observe(fabric_network(s->fabric), on_packet, b);
    return add(s, b);
}

bool breaks_set_manner(Session *s, unsigned number, const Manner *manner,
                       void (*look)(Session *, const char *), GError **error)
{
    const struct Breaks *breaks = list_of(s);
    Break *b = breaks->list->pdata[breaks->list->len - 1];
    g_autofree char *text = manner_text(manner), *place = NULL;

    g_assert(b->number == number);
    if (!manner_check(s, manner, b->node, error)) {
        g_ptr_array_remove_index(breaks->list, breaks->list->len - 1);
        return false;
    }
    b->manner = (Manner){.condition = g_strdup(manner->condition),
                         .once = manner->once,
                         .commands = g_strdupv(manner->commands),
                         .goes_on = manner->goes_on};
    b->look = look;
    place = g_steal_pointer(&b->text);
    b->text = g_strconcat(place, text, NULL);
    return true;
}

bool breaks_delete(Session *s, unsigned number, GError **error)
{
    struct Breaks *breaks = list_of(s);

    for (unsigned i = 0; i < breaks->list->len; i++) {
        const Break *b = breaks->list->pdata[i];

        if (b->number == number) {
            g_ptr_array_remove_index(breaks->list, i);
            return true;
        }
    }
    checking_in_doubt(s->checking, CHECKING_BREAK, NULL);
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "there is no break %u: `breaks` lists them", number);
    return false;
}

void breaks_delete_node(Session *s, const Node *node)
{
    for (unsigned i = s->breaks ? s->breaks->list->len : 0; i-- > 0;) {
        const Break *b = s->breaks->list->pdata[i];

        if (b->node == node)
            g_ptr_array_remove_index(s->breaks->list, i);
    }
}

static const Column break_columns[] = {
    COLUMN("number", "no", -4), COLUMN("kind", "kind", -8),
    COLUMN("hits", "hits", 8),  COLUMN_SHOWN("where", 0, .apart = true),
    COLUMN_TYPED("where"),      COLUMN_TYPED("over"),
};
static const Table break_table = {"breaks", break_columns, G_N_ELEMENTS(break_columns)};

void breaks_print(const Session *s)
{
    static const char *const kinds[] = {"time",  "console", "point", "when",
                                        "watch", "packet",  "event"};
    unsigned n = s->breaks ? s->breaks->list->len : 0;

    if (n == 0 && !s->answer) {
        session_print(s, "no breaks\n");
        return;
    }
    table_begin(s, &break_table);
    for (unsigned i = 0; i < n; i++) {
        const Break *b = s->breaks->list->pdata[i];
        g_autofree char *where = g_strconcat(b->text, b->over ? " (over)" : "", NULL);
        const char *kind = b->kind != BREAK_POINT          ? kinds[b->kind]
                           : b->type <= GDB_POINT_HARDWARE ? "pc"
                                                           : "access";
        const Cell cells[] = {cell_count(b->number), cell_text(kind),    cell_count(b->hits),
                              cell_text(where),      cell_text(b->text), cell_bool(b->over)};

        table_row(s, &break_table, cells);
    }
}

/* --- on the way --- */

static bool attach(Break *b, GError **error)
{
    if (b->kind == BREAK_POINT && !b->set && node_is_live(b->node))
        return b->set = (b->type <= GDB_POINT_HARDWARE ? debug_add_point : debug_add_access)(
                   b->node, b->type, b->address, b->length, error);
    if (b->kind == BREAK_CONSOLE && !b->watch && b->node->console)
        b->watch = lines_watch(console_lines(b->node->console), b->regex);
    return true;
}

/* Evaluates the conditions without a node's clock (view: the barrier, at which the run does not
 * stop) or those with a node's clock (view NULL: at rest). True if one has become true. The nodes
 * stand, and no other thread touches the list. */
static bool evaluate(Session *s, const BarrierView *view)
{
    bool any = false;

    for (unsigned i = 0; i < s->breaks->list->len; i++) {
        Break *b = s->breaks->list->pdata[i];
        Values values = {.session = s, .view = view};
        g_autoptr(GError) error = NULL;
        ExprResult result;

        any = any || (!view && happened(b));
        if (b->kind != BREAK_WHEN || b->needs_clocks != !view)
            continue;
        if (!expr_evaluate(b->expression, values_lookup, &values, &result, &error)) {
            if (!b->reported)
                log_warn("break %u: '%s' can't be evaluated: %s", b->number, b->expression,
                         error->message);
            b->reported = true;
            continue;
        }
        if (result.holds && !b->held)
            atomic_store(&b->fired, true);
        b->held = result.holds;
        any = any || atomic_load(&b->fired);
    }
    return any;
}

/* Called in a worker. */
static bool on_barrier(const BarrierView *view, void *data)
{
    const Session *s = data;
    bool any = evaluate(data, view);

    for (unsigned i = 0; i < s->breaks->list->len; i++)
        any = any || atomic_load(&((Break *)s->breaks->list->pdata[i])->fired);
    return any;
}

/* QEMU tells of what its guest did in front of its next answer. */
static void ask_for_events(const Session *s)
{
    for (unsigned i = 0; i < s->breaks->list->len; i++) {
        const Break *b = s->breaks->list->pdata[i];

        if (b->kind == BREAK_EVENT && node_is_live(b->node))
            g_free(node_qmp(b->node, "query-status", NULL, NULL));
    }
}

bool breaks_at_rest(void *data)
{
    ask_for_events(data);
    return evaluate(data, NULL);
}

bool breaks_need_clocks(const Session *s)
{
    for (unsigned i = 0; s->breaks && i < s->breaks->list->len; i++)
        if (((const Break *)s->breaks->list->pdata[i])->needs_clocks)
            return true;
    return false;
}

bool breaks_prepare(Session *s, GError **error)
{
    bool conditions = false;

    for (unsigned i = 0; s->breaks && i < s->breaks->list->len; i++) {
        Break *b = s->breaks->list->pdata[i];

        conditions =
            conditions || b->kind == BREAK_PACKET || (b->kind == BREAK_WHEN && !b->needs_clocks);
        if (!attach(b, error)) {
            g_prefix_error(error, "break %u: ", b->number);
            return false;
        }
    }
    if (s->breaks && conditions != s->breaks->observing) {
        if (conditions)
            engine_observe(s->engine, on_barrier, false, s);
        else
            engine_unobserve(s->engine, on_barrier);
        s->breaks->observing = conditions;
    }
    return true;
}

VTime breaks_next_time(const Session *s)
{
    int64_t next = RUN_FOR_EVER;

    for (unsigned i = 0; s->breaks && i < s->breaks->list->len; i++) {
        const Break *b = s->breaks->list->pdata[i];

        if ((b->kind == BREAK_TIME && !b->over) || b->kind == BREAK_WATCH)
            next = MIN(next, b->time.ns);
    }
    return vtime(next);
}

/* Whether the kind of a watchpoint hit fits the break's kind of access. A break on all accesses
 * matches each kind of hit. */
static bool same_access(GdbPoint type, GdbWatch watch)
{
    return type == GDB_POINT_WRITE  ? watch == GDB_WATCH_WRITE
           : type == GDB_POINT_READ ? watch == GDB_WATCH_READ
                                    : watch != GDB_WATCH_NONE;
}

/* The watchpoint of the hit that belongs to the break; NULL: none. */
static const DebugWatched *watched(const Break *b, const DebugHit *hit)
{
    for (unsigned i = 0; i < hit->n_watched; i++) {
        const DebugWatched *w = &hit->watched[i];

        if (same_access(b->type, w->watch) && w->address >= b->address &&
            w->address - b->address < b->length)
            return w;
    }
    return NULL;
}

static bool same_point(const Break *b, const DebugHit *hit)
{
    return b->type <= GDB_POINT_HARDWARE ? hit->pc == b->address : watched(b, hit) != NULL;
}

static void append_access(Session *s, const Break *b, const DebugHit *hit, GString *text)
{
    g_autofree char *to = node_symbols_place(s, b->node, watched(b, hit)->address);
    g_autofree char *by = node_symbols_place(s, b->node, hit->by);

    g_string_append_printf(text, "access to %s", to);
    if (hit->finished)
        g_string_append_printf(text, " by the instruction at %s", by);
    g_string_append(text, ", ");
}

static void append_time(const Node *n, const DebugHit *hit, GString *text)
{
    g_autofree char *now = units_format_seconds(node_ensemble_time(n));
    g_autofree char *skip = units_format_duration(hit->skip);

    g_string_append_printf(text, ", its time %s", now);
    if (hit->skip.ns > 0)
        g_string_append_printf(text, ", its clock skipped %s%s", hit->at_most ? "at most " : "",
                               skip);
}

static char *point_text(Session *s, const Break *b, const DebugHit *hit)
{
    const Node *n = b->node;
    g_autofree char *pc = node_symbols_place(s, n, hit->pc);
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_printf(text, "node %s, vCPU %" PRId64 ": ", n->name, MAX(hit->stop.thread.tid, 1) - 1);
    if (b->type > GDB_POINT_HARDWARE)
        append_access(s, b, hit, text);
    g_string_append_printf(text, "pc %s, icount %" PRId64, pc, n->clock.icount.n);
    if (!s->hidden) /* else this is a pass of a way back, which tells the time at its end */
        append_time(n, hit, text);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* The reason of a console break; free with g_free(). NULL: matching a line took too long. Such a
 * line is no hit, but a warning is shown once. */
static char *console_text(Break *b)
{
    const LinesFound *found = lines_watch_found(b->watch);
    g_autofree char *line = text_line(found->line, -1);
    g_autofree char *when = units_format_seconds(found->until);

    if (!found->gave_up)
        return g_strdup_printf("node %s printed '%s' in the quantum up to %s", b->node->name, line,
                               when);
    if (!b->reported)
        log_warn("break %u: the pattern takes too long and gave up on a line of node %s: '%s'",
                 b->number, b->node->name, line);
    b->reported = true;
    lines_watch_again(b->watch);
    return NULL;
}

/* Why the break was hit in the last piece, to be freed with g_free(); NULL: it was not hit. */
static char *fired(Session *s, Break *b, RunEnd end)
{
    switch (b->kind) {
    case BREAK_TIME:
        if (b->over || engine_now(s->engine).ns < b->time.ns)
            return NULL;
        b->over = true;
        return g_strdup_printf("time %s", b->text);
    case BREAK_CONSOLE:
        return b->watch && lines_watch_found(b->watch)->line ? console_text(b) : NULL;
    case BREAK_POINT:
        if (end != RUN_BROKE || !debug_hit(b->node) || !same_point(b, debug_hit(b->node)))
            return NULL;
        return point_text(s, b, debug_hit(b->node));
    case BREAK_WHEN:
        return atomic_exchange(&b->fired, false) ? g_strdup(b->expression) : NULL;
    case BREAK_PACKET:
        return atomic_exchange(&b->fired, false) ? g_steal_pointer(&b->packet) : NULL;
    case BREAK_EVENT:
        if (!happened(b))
            return NULL;
        b->seen = times(b->node, b->event);
        return g_strdup_printf("node %s: %s", b->node->name, breaks_events[b->event]);
    case BREAK_WATCH:
        return NULL;
    }
    g_assert_not_reached();
}

/* Whether a break that was hit counts: its condition holds. Adds to *reason why it is not known. */
static bool counts(Session *s, const Break *b, char **reason)
{
    g_autofree char *why = NULL, *plain = NULL;

    if (!manner_holds(s, &b->manner, b->node, &why))
        return false;
    if (why) {
        plain = g_steal_pointer(reason);
        *reason = g_strdup_printf("%s; %s", plain, why);
    }
    return true;
}

static void add_reason(const Break *b, const char *reason, char **why)
{
    g_autofree char *before = g_steal_pointer(why);

    *why = g_strdup_printf("%s%sbreak %u: %s", before ? before : "", before ? "; " : "", b->number,
                           reason);
}

static void carry_out(Session *s, const Break *b)
{
    for (char **c = b->manner.commands; c && *c && !s->hidden; c++)
        b->look(s, *c);
}

unsigned breaks_fired(Session *s, RunEnd end, char **why)
{
    unsigned first = 0;

    for (unsigned i = 0; s->breaks && i < s->breaks->list->len; i++) {
        Break *b = s->breaks->list->pdata[i];
        g_autofree char *reason = fired(s, b, end);

        b->passed = false;
        if (!reason)
            continue;
        if (b->watch)
            lines_watch_again(b->watch);
        b->passed = !counts(s, b, &reason);
        if (b->passed)
            continue;
        b->hits++;
        carry_out(s, b);
        b->passed = b->manner.goes_on;
        if (!b->passed)
            add_reason(b, reason, why);
        if (!b->passed && first == 0)
            first = b->number;
    }
    return first;
}

/* Breaks that stop once are deleted behind breaks_passed(), which counts them. */
void breaks_forget_done(Session *s)
{
    for (unsigned i = s->breaks ? s->breaks->list->len : 0; i-- > 0;) {
        const Break *b = s->breaks->list->pdata[i];

        if (b->manner.once && b->hits > 0)
            g_ptr_array_remove_index(s->breaks->list, i);
    }
}

bool breaks_passed(const Session *s)
{
    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];
        const DebugHit *hit = debug_hit(n);
        unsigned passed = 0;

        if (!hit)
            continue;
        for (unsigned k = 0; s->breaks && k < s->breaks->list->len; k++) {
            const Break *b = s->breaks->list->pdata[k];

            if (b->kind != BREAK_POINT || b->node != n || !same_point(b, hit))
                continue;
            if (!b->passed)
                return false;
            passed++;
        }
        if (passed == 0 || debug_hit_by_others(n, passed))
            return false;
    }
    return true;
}

void breaks_watch(Session *s)
{
    for (unsigned i = 0; s->breaks && i < s->breaks->list->len; i++) {
        Break *b = s->breaks->list->pdata[i];

        if (b->kind != BREAK_WATCH || engine_now(s->engine).ns < b->time.ns)
            continue;
        while (b->time.ns <= engine_now(s->engine).ns)
            b->time = vtime_add_capped(b->time, b->every);
        if (s->hidden)
            continue;
        b->hits++;
        b->look(s, b->command);
    }
}

/* --- for saves --- */

void breaks_restart(Session *s)
{
    node_symbols_restart(s);
    for (unsigned i = 0; s->breaks && i < s->breaks->list->len; i++) {
        Break *b = s->breaks->list->pdata[i];

        b->over = b->held = b->reported = false;
        b->seen = 0;
        if (b->kind == BREAK_WATCH)
            b->time = b->every;
    }
}

/* Whether a condition holds here, where its break is not to be hit. */
static bool holds_now(Session *s, const Break *b)
{
    Values values = {.session = s};
    ExprResult result;

    return expr_evaluate(b->expression, values_lookup, &values, &result, NULL) && result.holds;
}

void breaks_rewind(Session *s)
{
    int64_t now = engine_now(s->engine).ns;

    for (unsigned i = 0; s->breaks && i < s->breaks->list->len; i++) {
        Break *b = s->breaks->list->pdata[i];

        if (b->kind == BREAK_TIME)
            b->over = b->time.ns <= now;
        while (b->kind == BREAK_WATCH && b->time.ns - b->every.ns > now)
            b->time.ns -= b->every.ns;
        if (b->kind == BREAK_EVENT)
            b->seen = times(b->node, b->event);
        if (b->kind == BREAK_WHEN)
            b->held = holds_now(s, b);
    }
}

static void put_break(const Break *b, GByteArray *out)
{
    put_u32(out, b->number);
    put_u8(out, b->kind);
    put_text(out, b->text);
    put_u64(out, b->hits);
    put_i64(out, b->time.ns);
    put_i64(out, b->every.ns);
    put_u8(out, b->over);
    put_text(out, b->node ? b->node->name : NULL);
    put_text(out, b->pattern);
    put_u8(out, b->reported);
    put_u8(out, b->type);
    put_u64(out, b->address);
    put_u32(out, b->length);
    put_text(out, b->expression);
    put_u8(out, b->needs_clocks);
    put_u8(out, b->held);
    put_text(out, b->command);
    put_text(out, b->frames);
    put_u8(out, b->between);
    put_u32(out, b->ports[0]);
    put_u32(out, b->ports[1]);
    put_u8(out, b->event);
    put_u32(out, b->seen);
    manner_put(&b->manner, out);
}

void breaks_save(const Session *s, GByteArray *out)
{
    node_symbols_save(s, out);
    put_u32(out, s->breaks ? s->breaks->last : 0);
    put_u32(out, s->breaks ? s->breaks->list->len : 0);
    for (unsigned i = 0; s->breaks && i < s->breaks->list->len; i++)
        put_break(s->breaks->list->pdata[i], out);
}

/* A condition may need names whose file is gone. */
static void warn_of_condition(Session *s, const Break *b)
{
    g_autoptr(GError) error = NULL;

    if (!manner_check(s, &b->manner, b->node, &error))
        log_warn("break %u stops whether its condition holds or not: %s", b->number,
                 error->message);
}

/* The names and numbers in a break that was read have to fit the session. */
static bool complete(Session *s, Break *b, const char *node, const char *regex, GError **error)
{
    b->session = s;
    if (node && !(b->node = session_find_node(s, node, error)))
        return false;
    if (regex && !set_pattern(s, b, regex, error))
        return false;
    if (b->frames && !(b->filter = filter_new(b->frames, error)))
        return false;
    if (!s->options.dry)
        warn_of_condition(s, b);
    if (b->kind == BREAK_PACKET && s->fabric && !s->options.dry)
        network_observe(fabric_network(s->fabric), on_packet, b);
    return attach(b, error);
}

/* A break that was read is whole, or marks the reader as bad. */
static Break *get_break(Session *s, Reader *r, void (*look)(Session *, const char *),
                        GError **error)
{
    Break *b = break_new(BREAK_TIME, NULL);
    g_autofree char *node = NULL, *regex = NULL;

    b->number = get_u32(r);
    b->kind = get_u8(r);
    b->text = get_line(r);
    b->hits = get_u64(r);
    b->time = get_time(r);
    b->every = get_time(r);
    b->over = get_flag(r);
    node = get_optional_text(r);
    regex = get_optional_text(r);
    b->reported = get_flag(r);
    b->type = get_u8(r);
    b->address = get_u64(r);
    b->length = get_u32(r);
    b->expression = get_optional_text(r);
    b->needs_clocks = get_flag(r);
    b->held = get_flag(r);
    b->command = get_optional_text(r);
    b->frames = get_optional_text(r);
    b->between = get_flag(r);
    b->ports[0] = get_u32(r);
    b->ports[1] = get_u32(r);
    b->event = get_u8(r);
    b->seen = get_u32(r);
    manner_get(r, &b->manner);
    b->look = look;
    if (b->kind > BREAK_EVENT || b->event >= EVENT_KINDS || b->type > GDB_POINT_ACCESS ||
        (b->kind == BREAK_CONSOLE && !regex) || (b->kind == BREAK_WHEN && !b->expression) ||
        (b->kind == BREAK_WATCH && (!b->command || b->every.ns <= 0)) ||
        ((b->kind == BREAK_CONSOLE || b->kind == BREAK_POINT || b->kind == BREAK_EVENT) && !node) ||
        (b->kind == BREAK_PACKET && !s->fabric))
        r->bad = true;
    if (r->bad)
        b->kind = BREAK_TIME; /* nothing to undo */
    if (r->bad || !complete(s, b, node, regex, error))
        g_clear_pointer(&b, break_free);
    return b;
}

bool breaks_load(Session *s, Reader *r, void (*look)(Session *, const char *), GError **error)
{
    struct Breaks *breaks = list_of(s);
    uint32_t last, n;

    node_symbols_read(s, r);
    last = get_u32(r);
    n = get_count(r, sizeof(uint32_t));
    g_ptr_array_set_size(breaks->list, 0);
    for (uint32_t i = 0; i < n; i++) {
        Break *b = get_break(s, r, look, error);

        if (!b)
            return false;
        g_ptr_array_add(breaks->list, b);
    }
    breaks->last = last;
    return true;
}
