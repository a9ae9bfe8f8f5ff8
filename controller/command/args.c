/* SPDX-License-Identifier: GPL-3.0-or-later */
/* args.c: see args.h. */
#include "controller/command/args.h"

#include "controller/base/suggest.h"
#include "controller/base/units.h"
#include "controller/engine/rest.h"
#include "controller/qemu/consoles.h"
#include "controller/qemu/semi.h"
#include "controller/run/node-symbols.h"

#include <inttypes.h>
#include <string.h>

ArgKind args_kind(const char *kind)
{
    static const struct {
        const char *name;
        ArgKind kind;
    } kinds[] = {{"NODE", ARG_NODE},  {"DURATION", ARG_TIME}, {"TIME", ARG_TIME},
                 {"EVERY", ARG_TIME}, {"NINSN", ARG_INSNS},   {"N", ARG_COUNT},
                 {"M", ARG_COUNT},    {"LEN", ARG_COUNT},     {"ADDR", ARG_ADDRESS},
                 {"X", ARG_NUMBER}};

    if (g_ascii_isdigit(*kind)) /* an example */
        return g_ascii_isdigit(kind[strlen(kind) - 1]) ? ARG_NUMBER : ARG_TIME;
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (usage_is_name(kind, kinds[i].name))
            return kinds[i].kind;
    return ARG_TEXT;
}

/* The node of "node" or "node.1"; *dot: what begins the number, or NULL. */
static Node *find_numbered(const Session *s, const char *text, const char **dot, GError **error)
{
    g_autofree char *name = NULL;

    *dot = strrchr(text, '.');
    name = *dot ? g_strndup(text, (gsize)(*dot - text)) : g_strdup(text);
    return session_find_node(s, name, error);
}

/* "node" or "node.1": *vcpu is -1 without one. */
static Node *find_vcpu(const Session *s, const char *text, int64_t *vcpu, GError **error)
{
    const char *dot;
    Node *node = find_numbered(s, text, &dot, error);
    int64_t vcpus;

    if (!node || !dot)
        return node;
    vcpus = !node->attached  ? node->options->smp
            : s->options.dry ? INT32_MAX /* nobody has looked */
                             : (int64_t)node->vcpus->len;
    if (!units_parse_index(dot + 1, "vCPU", INT32_MAX, vcpu, error))
        return NULL;
    if (*vcpu < vcpus)
        return node;
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                "node %s has no vCPU %" PRId64 ": 0 to %" PRId64 " are there", node->name, *vcpu,
                vcpus - 1);
    return NULL;
}

/* "node", "node.1" or "node.semi": the console of a UART, or of semihosting (consoles.h); *uart is
 * its number. */
Node *args_find_console(const Session *s, const char *text, int64_t *uart, GError **error)
{
    const char *dot;
    Node *node = find_numbered(s, text, &dot, error);

    *uart = 0;
    if (!node || !dot)
        return node;
    if (strcmp(dot + 1, SEMI_PORT) == 0) {
        *uart = node_semi_number(node);
        if (*uart > 0)
            return node;
        g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                    "node %s has no console of semihosting: `node add … semihosting=on` gives it "
                    "one",
                    node->name);
        return NULL;
    }
    if (!units_parse_index(dot + 1, "UART", NODE_MAX_UARTS - 1, uart, error))
        return NULL;
    if (*uart == 0 || (!node->attached && *uart < node->options->uarts))
        return node;
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                "node %s has no UART %" PRId64 ": `node add … uarts=%" PRId64 "` gives it one",
                node->name, *uart, *uart + 1);
    return NULL;
}

/* An address of the node that stands before it. */
static bool read_address(const CommandCall *call, const char *text, int64_t *out, GError **error)
{
    const Node *node = NULL;
    uint64_t address = 0;
    bool ok;

    for (unsigned i = 0; i < call->read.words.n && !node; i++)
        node = call->read.values[i].node;
    g_assert(node);
    ok = node_symbols_address(call->session, node, text, &address, error);
    *out = (int64_t)address;
    return ok;
}

static bool read_number(const char *text, double *out, GError **error)
{
    char *end;

    *out = g_ascii_strtod(text, &end);
    if (end != text && !*end && *out > 0 && *out <= 1e6)
        return true;
    g_set_error(error, UNITS_ERROR, UNITS_ERROR_RANGE,
                "'%s' is no number above 0 and up to a million, such as 1.0 or 0.5", text);
    return false;
}

/* What else the argument could have been, or was meant to be; free with g_free(). */
static char *hint(const Command *c, const UsageArg *arg, const GError *why)
{
    g_auto(GStrv) words = g_strsplit(arg->word, "|", -1);
    const char *best = suggest_best(arg->text, (const char *const *)words);

    if (best && !usage_is_placeholder(best))
        return g_strdup_printf("; did you mean '%s'?", best);
    if (args_kind(arg->kind) == ARG_TIME && strstr(c->usage, "NINSN") &&
        g_error_matches(why, UNITS_ERROR, UNITS_ERROR_SYNTAX)) /* else it was a time */
        return g_strdup("; instructions are written as 1000insn");
    return g_strdup("");
}

static bool refuse(const CommandCall *call, const UsageArg *arg, const GError *why, GError **error)
{
    g_autofree char *meant = hint(call->command, arg, why);
    bool named = args_kind(arg->kind) == ARG_COUNT; /* by units_parse_int() */
    g_autofree char *complaint =
        g_strconcat(named ? "" : arg->name, named ? "" : " ", why->message, meant, NULL);

    command_usage_error(call, complaint, error);
    return false;
}

static bool read_one(CommandCall *call, unsigned i, GError **error)
{
    const UsageArg *arg = &call->read.words.all[i];
    const char *text = arg->text;
    const Command *c = call->command;
    ArgValue *value = &call->read.values[i];
    g_autoptr(GError) why = NULL;
    Insns insns = {0};
    VTime time = {0};
    bool ok = true;

    switch (args_kind(arg->kind)) {
    case ARG_TEXT:
        break;
    case ARG_NODE:
        value->whole = -1;
        value->node = strstr(arg->kind, ".CPU")
                          ? find_vcpu(call->session, text, &value->whole, error)
                      : strstr(arg->kind, ".PORT")
                          ? args_find_console(call->session, text, &value->whole, error)
                          : session_find_node(call->session, text, error);
        return value->node;
    case ARG_TIME:
        ok = units_parse_duration(text, &time, &why);
        value->whole = time.ns;
        break;
    case ARG_INSNS:
        ok = units_parse_insns(text, &insns, &why);
        value->whole = insns.n;
        break;
    case ARG_COUNT:
        ok = units_parse_int(text, arg->name, c->least, c->most, &value->whole, &why);
        break;
    case ARG_ADDRESS:
        ok = read_address(call, text, &value->whole, &why);
        break;
    case ARG_NUMBER:
        ok = read_number(text, &value->number, &why);
        break;
    }
    return ok || refuse(call, arg, why, error);
}

/* Long scenarios ask for each line. */
const UsageGrammar *args_grammar(const Command *c)
{
    static GHashTable *grammars;
    UsageGrammar *g;

    if (!grammars)
        grammars = g_hash_table_new(NULL, NULL);
    g = g_hash_table_lookup(grammars, c);
    if (!g)
        g_hash_table_insert(grammars, (void *)c, g = usage_read(c->usage));
    return g;
}

bool args_read(CommandCall *call, GError **error)
{
    const Command *c = call->command;
    g_autofree char *complaint = NULL;

    call->read = (Args){.words.n = 0};
    complaint = usage_match(args_grammar(c), c->open, call->args, call->n_args, &call->read.words);
    if (complaint) {
        command_usage_error(call, complaint, error);
        return false;
    }
    for (unsigned i = 0; i < call->read.words.n; i++)
        if (!read_one(call, i, error))
            return false;
    return true;
}

/* The argument of this name; -1: it is not given. */
static int find(const CommandCall *call, const char *name)
{
    for (unsigned i = 0; i < call->read.words.n; i++)
        if (strcmp(call->read.words.all[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* What it has been read as; a literal that stands in its place, such as off, is 0. */
static ArgValue value(const CommandCall *call, const char *name, ArgKind kind, ArgValue otherwise)
{
    int i = find(call, name);
    ArgKind is = i < 0 ? kind : args_kind(call->read.words.all[i].kind);

    g_assert(is == kind || is == ARG_TEXT);
    return i < 0 ? otherwise : call->read.values[i];
}

bool args_has(const CommandCall *call, const char *name)
{
    return find(call, name) >= 0;
}

bool args_is(const CommandCall *call, const char *key, const char *value)
{
    return g_strcmp0(args_text(call, key), value) == 0;
}

const char *args_text(const CommandCall *call, const char *name)
{
    int i = find(call, name);

    return i < 0 ? NULL : call->read.words.all[i].text;
}

Node *args_node(const CommandCall *call)
{
    return value(call, "NODE", ARG_NODE, (ArgValue){0}).node;
}

Node *args_counted_node(const CommandCall *call, const char *mend, GError **error)
{
    Node *node = args_has(call, "NODE") ? args_node(call) : command_only_node(call->session);

    if (!node) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "whose instructions? %s", mend);
        return NULL;
    }
    if (!node->icount.enabled) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s runs without icount: its instructions are not counted", node->name);
        return NULL;
    }
    if (!call->session->options.dry)
        rest_settle(node);
    return node;
}

unsigned args_uart(const CommandCall *call)
{
    return (unsigned)value(call, "NODE", ARG_NODE, (ArgValue){.whole = 0}).whole;
}

int args_vcpu(const CommandCall *call)
{
    return (int)value(call, "NODE", ARG_NODE, (ArgValue){.whole = -1}).whole;
}

VTime args_time(const CommandCall *call, const char *name, VTime otherwise)
{
    return vtime(value(call, name, ARG_TIME, (ArgValue){.whole = otherwise.ns}).whole);
}

int64_t args_count(const CommandCall *call, const char *name, int64_t otherwise)
{
    return value(call, name, ARG_COUNT, (ArgValue){.whole = otherwise}).whole;
}

double args_number(const CommandCall *call, const char *name, double otherwise)
{
    return value(call, name, ARG_NUMBER, (ArgValue){.number = otherwise}).number;
}

Insns args_insns(const CommandCall *call)
{
    return (Insns){value(call, "NINSN", ARG_INSNS, (ArgValue){0}).whole};
}

uint64_t args_address(const CommandCall *call)
{
    return (uint64_t)value(call, "ADDR", ARG_ADDRESS, (ArgValue){0}).whole;
}

unsigned args_ends(const CommandCall *call, const char *ends[2])
{
    unsigned n = 0;

    for (unsigned i = 0; i < call->read.words.n && n < 2; i++)
        if (strcmp(call->read.words.all[i].name, "END") == 0)
            ends[n++] = call->read.words.all[i].text;
    return n;
}
