/* SPDX-License-Identifier: GPL-3.0-or-later */
/* values.c: looks up values by name in two tables, one of the ensemble and one of a node. */
#include "controller/run/values.h"

#include "controller/base/suggest.h"
#include "controller/base/units.h"
#include "controller/fabric/fabric.h"
#include "controller/run/node-symbols.h"
#include "controller/run/peek.h"

#include <inttypes.h>
#include <string.h>

enum { OF_TIME, OF_QUANTUM, OF_BARRIERS, OF_MISSED, OF_BREAK, OF_END };

const ValueHelp values_of_ensemble[] = {
    [OF_TIME] = {"time", "the ensemble's virtual time"},
    [OF_QUANTUM] = {"quantum", "the quantum"},
    [OF_BARRIERS] = {"barriers", "barriers so far"},
    [OF_MISSED] = {"missed", "boundaries that nodes ran past, over all nodes"},
    [OF_BREAK] = {"break", "the number of the break that stopped the last run, 0 if none did"},
    [OF_END] = {NULL, NULL},
};

enum {
    NODE_TIME,
    NODE_VIRTUAL,
    NODE_ICOUNT,
    NODE_IDLE,
    NODE_OVERSHOOT,
    NODE_IDLE_SKIP,
    NODE_MISSED,
    NODE_OFFSET,
    NODE_CONSOLE_BYTES,
    NODE_SENT,
    NODE_RECEIVED,
    NODE_DROPPED,
    NODE_LATE,
    NODE_CARRIED,
    NODE_STATE,
    NODE_EXIT,
    NODE_RESETS,
    NODE_REG,
    NODE_MEM,
    NODE_END
};

const ValueHelp values_of_nodes[] = {
    [NODE_TIME] = {"time", "the node's clock in the ensemble's time"},
    [NODE_VIRTUAL] = {"virtual", "the node's own virtual clock"},
    [NODE_ICOUNT] = {"icount", "instructions executed, over all vCPUs"},
    [NODE_IDLE] = {"idle", "virtual time that passed while all vCPUs were idle"},
    [NODE_OVERSHOOT] = {"overshoot", "the largest so far"},
    [NODE_IDLE_SKIP] = {"idle_skip", "the largest so far"},
    [NODE_MISSED] = {"missed", "boundaries that it ran past"},
    [NODE_OFFSET] = {"offset", "its time minus the ensemble's"},
    [NODE_CONSOLE_BYTES] = {"console_bytes", "bytes that the guest wrote"},
    [NODE_SENT] = {"sent", "packets that it sent"},
    [NODE_RECEIVED] = {"received", "packets that it got"},
    [NODE_DROPPED] = {"dropped", "packets that it sent, lost on the way or refused by a card"},
    [NODE_LATE] = {"late", "packets that it got later than at their boundary"},
    [NODE_CARRIED] = {"carried",
                      "packets that had to wait for a later boundary: the card was full"},
    [NODE_STATE] = {"state", "its state, a name: paused, off, panicked, …; for == and != only"},
    [NODE_EXIT] = {"exit", "the exit status of its QEMU, -1 if it did not exit by itself"},
    [NODE_RESETS] = {"resets", "how often its guest was reset"},
    [NODE_REG] = {"reg", "`a.reg.x0`, a register, of 64 bits at most, of the vCPU that a break "
                         "has stopped, else of the first; `a.1.reg.x0` of that vCPU"},
    [NODE_MEM] = {"mem", "`a.mem[ADDR]`, 8 bytes of memory, `a.mem[ADDR,4]` so many (1, 2, 4 or "
                         "8), little-endian, at a virtual address as that vCPU sees it"},
    [NODE_END] = {NULL, NULL},
};

static int find(const ValueHelp *values, const char *name)
{
    for (int i = 0; values[i].name; i++)
        if (strcmp(values[i].name, name) == 0)
            return i;
    return -1;
}

/* All names as "time, virtual, …"; free with g_free(). */
static char *names(const ValueHelp *values)
{
    GString *out = g_string_new(NULL);

    for (; values->name; values++)
        g_string_append_printf(out, "%s%s", out->len ? ", " : "", values->name);
    return g_string_free(out, FALSE);
}

static char *meant_value(const ValueHelp *values, const char *name)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();

    for (; values->name; values++)
        g_ptr_array_add(all, (char *)values->name);
    g_ptr_array_add(all, NULL);
    return suggest_suffix(name, (const char *const *)all->pdata);
}

/* The node's time in the ensemble's time: at a barrier, the stamp in its note. */
static VTime time_of(const Values *v, const Node *n)
{
    for (unsigned i = 0; v->view && i < v->view->n_participants; i++)
        if (v->view->participants[i].node == n && v->view->participants[i].stamp_us >= 0)
            return vtime(v->view->participants[i].stamp_us * NS_PER_US);
    return node_ensemble_time(n);
}

static VTime now(const Values *v)
{
    return v->view ? v->view->time : engine_now(v->session->engine);
}

static bool node_value(Values *v, const Node *n, const char *field, ExprValue *out)
{
    const NodeStats *st = engine_node_stats(v->session->engine, n);
    VTime time = time_of(v, n);
    NetPortStats packets = fabric_node_stats(v->session->fabric, n);
    const ExprValue all[NODE_END] = {
        [NODE_TIME] = {.kind = EXPR_TIME, .value = time.ns},
        [NODE_VIRTUAL] = {.kind = EXPR_TIME, .value = vtime_add(time, n->epoch).ns},
        [NODE_ICOUNT] = {.kind = EXPR_COUNT, .value = n->clock.icount.n},
        [NODE_IDLE] = {.kind = EXPR_TIME, .value = n->clock.bias.ns},
        [NODE_OVERSHOOT] = {.kind = EXPR_TIME, .value = st ? dist_max(&st->overshoot) : 0},
        [NODE_IDLE_SKIP] = {.kind = EXPR_TIME, .value = st ? dist_max(&st->idle_skip) : 0},
        [NODE_MISSED] = {.kind = EXPR_COUNT, .value = st ? (int64_t)st->missed : 0},
        [NODE_OFFSET] = {.kind = EXPR_TIME, .value = vtime_sub(time, now(v)).ns},
        [NODE_CONSOLE_BYTES] = {.kind = EXPR_COUNT,
                                .value = n->console ? (int64_t)console_bytes(n->console) : 0},
        [NODE_SENT] = {.kind = EXPR_COUNT, .value = (int64_t)packets.sent},
        [NODE_RECEIVED] = {.kind = EXPR_COUNT, .value = (int64_t)packets.received},
        [NODE_DROPPED] = {.kind = EXPR_COUNT, .value = (int64_t)packets.dropped},
        [NODE_LATE] = {.kind = EXPR_COUNT, .value = (int64_t)packets.late},
        [NODE_CARRIED] = {.kind = EXPR_COUNT, .value = (int64_t)packets.carried},
        [NODE_STATE] = {EXPR_NAME, (int64_t)node_shown_state(n), node_state_names},
        [NODE_EXIT] = {.kind = EXPR_COUNT, .value = n->exit_status},
        [NODE_RESETS] = {.kind = EXPR_COUNT, .value = n->life.resets},
    };
    int i = find(values_of_nodes, field);

    if (i < 0 || i >= NODE_REG)
        return false;
    v->used_clock = v->used_clock || i == NODE_ICOUNT || i == NODE_IDLE;
    *out = all[i];
    return true;
}

/* --- registers and memory --- */

static bool word(uint64_t value, ExprValue *out)
{
    *out = (ExprValue){.kind = EXPR_WORD, .value = (int64_t)value};
    return true;
}

/* What stands in "mem[…]": an address, perhaps a comma and a size. */
static bool memory_place(Values *v, const char *text, uint64_t *address, unsigned *size,
                         GError **error)
{
    g_autofree char *inner = g_strndup(text, strlen(text) - 1); /* without the ] */
    char *comma = strrchr(inner, ',');
    ExprValue at = {0};

    *size = 8;
    if (comma) {
        const char *digits = comma + 1 + strspn(comma + 1, " ");

        *comma = '\0';
        *size = strlen(digits) == 1 && strchr("1248", *digits) ? (unsigned)(*digits - '0') : 0;
    }
    if (*size == 0) {
        g_set_error(error, EXPR_ERROR, 0,
                    "'%s' is no number of bytes: 1, 2, 4 or 8 can be compared", comma + 1);
        return false;
    }
    if (!expr_sum(inner, values_lookup, v, &at, error))
        return false;
    *address = (uint64_t)at.value;
    if (at.kind == EXPR_WORD || at.kind == EXPR_COUNT || at.kind == EXPR_ANY)
        return true;
    g_set_error(error, EXPR_ERROR, 0, "'%s' is no address", inner);
    return false;
}

static bool memory_value(Values *v, Node *n, int vcpu, const char *place, ExprValue *out,
                         GError **error)
{
    uint8_t bytes[8] = {0};
    uint64_t address = 0, value = 0;
    unsigned size = 0;

    if (!memory_place(v, place, &address, &size, error))
        return false;
    v->node = n;
    if (!v->check && !peek_memory(n, vcpu, address, bytes, size, false, error)) {
        g_prefix_error(error, "node %s: ", n->name);
        return false;
    }
    for (unsigned i = size; i-- > 0;)
        value = value << 8 | bytes[i];
    return word(value, out);
}

static bool register_value(const Values *v, Node *n, int vcpu, const char *name, ExprValue *out,
                           GError **error)
{
    uint64_t value = 0;

    return (v->check || peek_register(n, vcpu, name, &value, error)) && word(value, out);
}

/* Moves behind "1." of "1.reg.x0". */
static bool vcpu_of(const Node *n, const char **field, int *vcpu, GError **error)
{
    size_t digits = strspn(*field, "0123456789");
    g_autofree char *number = g_strndup(*field, digits);
    int64_t value;

    if (digits == 0 || (*field)[digits] != '.')
        return true;
    if (!units_parse_index(number, "vCPU", INT32_MAX, &value, error))
        return false;
    if (!n->attached && value >= n->options->smp) {
        g_set_error(error, EXPR_ERROR, 0, "node %s has no vCPU %s: 0 to %" PRId64 " are there",
                    n->name, number, n->options->smp - 1);
        return false;
    }
    *vcpu = (int)value;
    *field += digits + 1;
    return true;
}

/* False; with an error if it is a register or memory that is not named. */
static bool half_named(const Node *n, const char *field, GError **error)
{
    if (strcmp(field, "reg") == 0 || strcmp(field, "reg.") == 0)
        g_set_error(error, EXPR_ERROR, 0,
                    "which register? `%s.reg.NAME` is one, such as %s.reg.pc; `regs %s` lists them",
                    n->name, n->name, n->name);
    else if (strcmp(field, "mem") == 0 || g_str_has_prefix(field, "mem."))
        g_set_error(error, EXPR_ERROR, 0,
                    "which memory? `%s.mem[ADDR]` is 8 bytes of it, `%s.mem[ADDR,4]` are 4",
                    n->name, n->name);
    return false;
}

/* "reg.x0", "mem[…]", perhaps with a vCPU and a dot before it. False without an error: field is
 * something else. */
static bool debug_value(Values *v, Node *n, const char *field, ExprValue *out, GError **error)
{
    const char *rest = field;
    int vcpu = -1;
    bool reg;

    if (!vcpu_of(n, &rest, &vcpu, error))
        return false;
    reg = g_str_has_prefix(rest, "reg.") && rest[4];
    if (!reg && !(g_str_has_prefix(rest, "mem[") && g_str_has_suffix(rest, "]")))
        return half_named(n, rest, error);
    v->used_clock = true; /* the node has to stand */
    v->node = n;
    return reg ? register_value(v, n, vcpu, rest + 4, out, error)
               : memory_value(v, n, vcpu, rest + 4, out, error);
}

static bool name_value(const Values *v, const char *name, ExprValue *out)
{
    const Symbols *symbols = v->node ? node_symbols(v->session, v->node) : NULL;
    uint64_t address;

    return symbols && symbols_resolve(symbols, name, &address, NULL) && word(address, out);
}

static bool ensemble_value(const Values *v, const char *name, ExprValue *out)
{
    const Session *s = v->session;
    const ExprValue all[OF_END] = {
        [OF_TIME] = {.kind = EXPR_TIME, .value = now(v).ns},
        [OF_QUANTUM] = {.kind = EXPR_TIME, .value = engine_quantum(s->engine).ns},
        [OF_BARRIERS] = {.kind = EXPR_COUNT, .value = (int64_t)engine_stats(s->engine)->barriers},
        [OF_MISSED] = {.kind = EXPR_COUNT, .value = (int64_t)engine_missed(s->engine)},
        [OF_BREAK] = {.kind = EXPR_COUNT, .value = s->stopped_by},
    };
    int i = find(values_of_ensemble, name);

    if (i >= 0)
        *out = all[i];
    return i >= 0;
}

bool values_lookup(const char *name, ExprValue *out, void *data, GError **error)
{
    Values *v = data;
    const char *dot = strchr(name, '.');
    g_autofree char *node_name = dot ? g_strndup(name, (gsize)(dot - name)) : NULL;
    g_autofree char *fields = NULL, *own = NULL, *meant = NULL;
    Node *node = dot ? session_node(v->session, node_name) : NULL;
    GError *why = NULL;

    if (!node && (dot || find(values_of_ensemble, name) < 0) && name_value(v, name, out))
        return true;
    if (node && debug_value(v, node, dot + 1, out, &why))
        return true;
    if (why) {
        g_propagate_error(error, why);
        return false;
    }
    if (!node && v->node && !dot)
        checking_in_doubt(v->session->checking, CHECKING_SYMBOLS, v->node->name);
    if (dot ? (node = session_find_node(v->session, node_name, error)) &&
                  node_value(v, node, dot + 1, out)
            : ensemble_value(v, name, out))
        return true;
    fields = names(values_of_nodes);
    own = names(values_of_ensemble);
    meant = meant_value(dot ? values_of_nodes : values_of_ensemble, dot ? dot + 1 : name);
    if (!dot)
        g_set_error(error, EXPR_ERROR, 0, "unknown value '%s': NODE.FIELD (%s), or %s%s", name,
                    fields, own, meant);
    else if (node)
        g_set_error(error, EXPR_ERROR, 0, "a node has no '%s': %s%s", dot + 1, fields, meant);
    return false;
}
