/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expr.c: recursive descent over the text, by the grammar in expr.h. The text is evaluated while it
 * is parsed; a word that is no value waits until the other side is known.
 */
#include "controller/run/expr.h"

#include "controller/base/units.h"

#include <errno.h>
#include <string.h>

G_DEFINE_QUARK(metronome_expr_error_quark, expr_error)

/* Brackets in brackets. */
#define MAX_DEPTH 8

typedef struct {
    const char *p;
    ExprLookup lookup;
    void *data;
} Parser;

static bool set_expr_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool set_expr_error(GError **error, const char *format, ...)
{
    va_list args;
    GError *e;

    va_start(args, format);
    e = g_error_new_valist(EXPR_ERROR, 0, format, args);
    va_end(args);
    g_propagate_error(error, e);
    return false;
}

static void skip_blanks(Parser *ps)
{
    while (g_ascii_isspace(*ps->p))
        ps->p++;
}

/* A word that is no value and may be a name. */
typedef struct {
    char *word;    /* NULL: there is no such word */
    GError *error; /* to be reported if the word is no name either */
} Unknown;

static void unknown_clear(Unknown *u)
{
    g_free(u->word);
    g_clear_error(&u->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Unknown, unknown_clear)

static bool is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '.';
}

static bool literal(const char *word, ExprValue *out, GError **error)
{
    VTime time;
    Insns insns;

    if (g_str_has_prefix(word, "0x")) {
        char *end;

        errno = 0;
        *out =
            (ExprValue){.kind = EXPR_WORD, .value = (int64_t)g_ascii_strtoull(word + 2, &end, 16)};
        return (errno == 0 && g_ascii_isxdigit(word[2]) && *end == '\0') ||
               set_expr_error(error, "'%s' is no number of 64 bits", word);
    }
    if (word[strspn(word, "0123456789")] == '\0') {
        out->kind = EXPR_COUNT;
        if (!units_parse_int(word, "number", 0, INT64_MAX, &out->value, NULL))
            return set_expr_error(error,
                                  "'%s' is too large: decimal numbers end at 9223372036854775807; "
                                  "0x… can have 64 bits",
                                  word);
        if (out->value == 0)
            out->kind = EXPR_ANY;
        return true;
    }
    if (units_is_insns(word)) {
        if (!units_parse_insns(word, &insns, error))
            return false;
        *out = (ExprValue){.kind = EXPR_COUNT, .value = insns.n};
        return true;
    }
    if (!units_parse_duration(word, &time, error))
        return false;
    *out = (ExprValue){.kind = EXPR_TIME, .value = time.ns};
    return true;
}

/* Skips a minus right before a number, which is a sign. A minus between two values is the operator,
 * which sum() has skipped already. */
static bool skip_sign(Parser *ps)
{
    bool negative = *ps->p == '-' && (g_ascii_isdigit(ps->p[1]) || ps->p[1] == '.');

    ps->p += negative;
    return negative;
}

/* Moves over what stands in brackets behind a word. */
static bool skip_brackets(Parser *ps, GError **error)
{
    const char *start = ps->p;
    unsigned depth = 0;

    if (*ps->p != '[')
        return true;
    for (; *ps->p && !strchr("=!<>", *ps->p); ps->p++) {
        depth += *ps->p == '[';
        if (depth > MAX_DEPTH)
            return set_expr_error(error, "there are too many brackets in each other");
        if (*ps->p == ']' && --depth == 0) {
            ps->p++;
            return true;
        }
    }
    return set_expr_error(error, "a ] is missing behind '%s'", start);
}

static bool term(Parser *ps, ExprValue *out, GError **error)
{
    g_autofree char *word = NULL;
    const char *start;
    bool negative;

    skip_blanks(ps);
    negative = skip_sign(ps);
    start = ps->p;
    while (is_word(*ps->p) ||
           (*ps->p == '-' && ps->p > start && g_ascii_isalpha(*start) && is_word(ps->p[1])))
        ps->p++;
    if (ps->p == start)
        return set_expr_error(
            error, *start ? "a value is expected at '%s'" : "a value is missing at the end%s",
            start);
    if (!skip_brackets(ps, error))
        return false;
    word = g_strndup(start, (gsize)(ps->p - start));
    if (g_ascii_isdigit(*word) || *word == '.') {
        if (!literal(word, out, error))
            return false;
        if (negative) /* a word may be INT64_MIN */
            out->value = (int64_t) - (uint64_t)out->value;
        return true;
    }
    return ps->lookup(word, out, ps->data, error);
}

static bool same_kind(ExprValue *a, ExprValue b, GError **error)
{
    if (a->kind == EXPR_NAME || b.kind == EXPR_NAME)
        return set_expr_error(error,
                              "a state can only be compared by == and !=, with the name of one or "
                              "the state of another node");
    if ((a->kind == EXPR_WORD && b.kind == EXPR_COUNT) ||
        (a->kind == EXPR_COUNT && b.kind == EXPR_WORD)) {
        a->kind = EXPR_WORD;
        return true;
    }
    if (a->kind != EXPR_ANY && b.kind != EXPR_ANY && a->kind != b.kind)
        return set_expr_error(
            error, "a time and a count can't be compared or added: give both a unit of the "
                   "same kind");
    if (a->kind == EXPR_ANY)
        a->kind = b.kind;
    return true;
}

static bool sum(Parser *ps, ExprValue *out, GError **error)
{
    if (!term(ps, out, error))
        return false;
    for (;;) {
        ExprValue next = {0};
        char op;

        skip_blanks(ps);
        op = *ps->p;
        if (op != '+' && op != '-')
            return true;
        ps->p++;
        if (!term(ps, &next, error) || !same_kind(out, next, error))
            return false;
        if (out->kind == EXPR_WORD)
            out->value = (int64_t)(op == '+' ? (uint64_t)out->value + (uint64_t)next.value
                                             : (uint64_t)out->value - (uint64_t)next.value);
        else if (op == '+' ? __builtin_add_overflow(out->value, next.value, &out->value)
                           : __builtin_sub_overflow(out->value, next.value, &out->value))
            return set_expr_error(error, "the sum is too large");
    }
}

/* -1, 0 or 1. */
static int order(const ExprValue *a, const ExprValue *b)
{
    if (a->value == b->value)
        return 0;
    if (a->kind == EXPR_WORD)
        return (uint64_t)a->value < (uint64_t)b->value ? -1 : 1;
    return a->value < b->value ? -1 : 1;
}

/* Whether op holds between a and b, whose order is given; false: there is no such operator. */
static bool compare(const char *op, int a_to_b, bool *holds)
{
    static const char *const ops[] = {"==", "!=", "<=", ">=", "<", ">"};
    const bool results[] = {a_to_b == 0, a_to_b != 0, a_to_b <= 0, a_to_b >= 0,
                            a_to_b<0, a_to_b> 0};

    for (unsigned i = 0; i < G_N_ELEMENTS(ops); i++) {
        if (strcmp(op, ops[i]) == 0) {
            *holds = results[i];
            return true;
        }
    }
    return false;
}

/* Finds the word in the set of names that `like` has. */
static bool name_of(const char *word, const ExprValue *like, ExprValue *out, GError **error)
{
    g_autofree char *all = NULL;

    for (int i = 0; like->names[i]; i++) {
        if (strcmp(like->names[i], word) == 0) {
            *out = (ExprValue){EXPR_NAME, i, like->names};
            return true;
        }
    }
    all = g_strjoinv(", ", (char **)like->names);
    return set_expr_error(error, "'%s' is no state: %s", word, all);
}

/* Parses one side: a sum, or a word that is no value, which goes into *unknown. */
static bool side(Parser *ps, ExprValue *out, Unknown *unknown, GError **error)
{
    const char *start;
    size_t length;
    GError *e = NULL;

    skip_blanks(ps);
    start = ps->p;
    if (sum(ps, out, &e))
        return true;
    for (length = 0; g_ascii_isalpha(start[length]);)
        length++;
    if (length == 0 || is_word(start[length])) {
        g_propagate_error(error, e);
        return false;
    }
    ps->p = start + length;
    *unknown = (Unknown){g_strndup(start, length), e};
    return true;
}

/* Both sides are parsed: a word that is no value must be a name, and the other side too. */
static bool resolve(ExprResult *r, Unknown *left, Unknown *right, GError **error)
{
    Unknown *first = left->word ? left : right;

    if (left->word && r->right.kind == EXPR_NAME)
        return name_of(left->word, &r->right, &r->left, error);
    if (right->word && r->left.kind == EXPR_NAME)
        return name_of(right->word, &r->left, &r->right, error);
    if (!first->word)
        return true;
    g_propagate_error(error, g_steal_pointer(&first->error));
    return false;
}

static bool compare_names(const char *op, const ExprResult *r, GError **error)
{
    return r->left.kind != EXPR_NAME ||
           (r->right.kind == EXPR_NAME && r->left.names == r->right.names &&
            (strcmp(op, "==") == 0 || strcmp(op, "!=") == 0)) ||
           same_kind(&(ExprValue){EXPR_NAME, 0, NULL}, r->right, error);
}

bool expr_sum(const char *text, ExprLookup lookup, void *data, ExprValue *out, GError **error)
{
    Parser ps = {.p = text, .lookup = lookup, .data = data};

    if (!sum(&ps, out, error))
        return false;
    skip_blanks(&ps);
    return !*ps.p || set_expr_error(error, "'%s' is too much: a sum is expected", ps.p);
}

bool expr_evaluate(const char *text, ExprLookup lookup, void *data, ExprResult *out, GError **error)
{
    Parser ps = {.p = text, .lookup = lookup, .data = data};
    g_auto(Unknown) left = {0}, right = {0};
    g_autofree char *op = NULL;
    ExprResult result = {0};
    size_t length;

    if (!side(&ps, &result.left, &left, error))
        return false;
    skip_blanks(&ps);
    length = strspn(ps.p, "=!<>");
    op = g_strndup(ps.p, length);
    if (!compare(op, 0, &result.holds)) {
        if (left.word)
            return resolve(&result, &left, &right, error);
        return set_expr_error(error, "a comparison (== != < <= > >=) is expected at '%s'", ps.p);
    }
    ps.p += length;
    if (!side(&ps, &result.right, &right, error) || !resolve(&result, &left, &right, error) ||
        !compare_names(op, &result, error) ||
        (result.left.kind != EXPR_NAME && !same_kind(&result.left, result.right, error)))
        return false;
    skip_blanks(&ps);
    if (*ps.p)
        return set_expr_error(error, "'%s' is too much: one comparison is expected", ps.p);
    if (result.left.kind == EXPR_WORD)
        result.right.kind = EXPR_WORD;
    compare(op, order(&result.left, &result.right), &result.holds);
    *out = result;
    return true;
}
