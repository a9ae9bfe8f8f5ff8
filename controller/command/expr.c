/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expr.c: recursive descent over the text; see expr.h for the grammar. */
#include "controller/command/expr.h"

#include "controller/base/units.h"

#include <string.h>

G_DEFINE_QUARK(metronome_expr_error_quark, expr_error)

typedef struct {
    const char *p;
    ExprLookup lookup;
    void *data;
} Parser;

static bool fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool fail(GError **error, const char *format, ...)
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

static bool is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '.';
}

static bool literal(const char *word, ExprValue *out, GError **error)
{
    VTime time;
    Insns insns;

    if (word[strspn(word, "0123456789")] == '\0') {
        out->kind = EXPR_COUNT;
        if (!units_parse_int(word, "number", 0, INT64_MAX, &out->value, error))
            return false;
        if (out->value == 0)
            out->kind = EXPR_ANY;
        return true;
    }
    if (units_is_insns(word)) {
        if (!units_parse_insns(word, &insns, error))
            return false;
        *out = (ExprValue){EXPR_COUNT, insns.n};
        return true;
    }
    if (!units_parse_duration(word, &time, error))
        return false;
    *out = (ExprValue){EXPR_TIME, time.ns};
    return true;
}

/* A minus right before a number belongs to it; between two values it is the operator, which sum()
 * has taken already. */
static bool take_sign(Parser *ps)
{
    bool negative = *ps->p == '-' && (g_ascii_isdigit(ps->p[1]) || ps->p[1] == '.');

    ps->p += negative;
    return negative;
}

static bool term(Parser *ps, ExprValue *out, GError **error)
{
    g_autofree char *word = NULL;
    const char *start;
    bool negative;

    skip_blanks(ps);
    negative = take_sign(ps);
    start = ps->p;
    while (is_word(*ps->p) ||
           (*ps->p == '-' && ps->p > start && g_ascii_isalpha(*start) && is_word(ps->p[1])))
        ps->p++;
    if (ps->p == start)
        return fail(error,
                    *start ? "a value is expected at '%s'" : "a value is missing at the end%s",
                    start);
    word = g_strndup(start, (gsize)(ps->p - start));
    if (g_ascii_isdigit(*word) || *word == '.') {
        if (!literal(word, out, error))
            return false;
        out->value = negative ? -out->value : out->value; /* never INT64_MIN before */
        return true;
    }
    return ps->lookup(word, out, ps->data, error);
}

static bool same_kind(ExprValue *a, ExprValue b, GError **error)
{
    if (a->kind != EXPR_ANY && b.kind != EXPR_ANY && a->kind != b.kind)
        return fail(error, "a time and a count can't be compared or added: give both a unit of the "
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
        if (op == '+' ? __builtin_add_overflow(out->value, next.value, &out->value)
                      : __builtin_sub_overflow(out->value, next.value, &out->value))
            return fail(error, "the sum is too large");
    }
}

static bool compare(const char *op, int64_t a, int64_t b, bool *holds)
{
    static const char *const ops[] = {"==", "!=", "<=", ">=", "<", ">"};
    const bool results[] = {a == b, a != b, a <= b, a >= b, a<b, a> b};

    for (unsigned i = 0; i < G_N_ELEMENTS(ops); i++) {
        if (strcmp(op, ops[i]) == 0) {
            *holds = results[i];
            return true;
        }
    }
    return false;
}

bool expr_evaluate(const char *text, ExprLookup lookup, void *data, ExprResult *out, GError **error)
{
    Parser ps = {.p = text, .lookup = lookup, .data = data};
    g_autofree char *op = NULL;
    ExprResult result = {0};
    size_t length;

    if (!sum(&ps, &result.left, error))
        return false;
    skip_blanks(&ps);
    length = strspn(ps.p, "=!<>");
    op = g_strndup(ps.p, length);
    if (!compare(op, 0, 0, &result.holds))
        return fail(error, "a comparison (== != < <= > >=) is expected at '%s'", ps.p);
    ps.p += length;
    if (!sum(&ps, &result.right, error) || !same_kind(&result.left, result.right, error))
        return false;
    skip_blanks(&ps);
    if (*ps.p)
        return fail(error, "'%s' is too much: one comparison is expected", ps.p);
    compare(op, result.left.value, result.right.value, &result.holds);
    *out = result;
    return true;
}
