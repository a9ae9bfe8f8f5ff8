/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-expr.c: a comparison has a result or an error, not both; where it has one, exactly one of
 * < == > holds for its sides.
 */
#include "controller/run/expr.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static const char *const states[] = {"alive", "broken", NULL};

/* The name's first letter decides what it is. */
static bool lookup(const char *name, ExprValue *out, void *data, GError **error)
{
    (void)data;
    demand(*name != '\0');
    if (g_str_has_suffix(name, "]")) { /* what is in brackets is a sum of its own */
        const char *inner = strchr(name, '[') + 1;
        g_autofree char *text = g_strndup(inner, strlen(inner) - 1);

        demand(!strpbrk(name, "=!<>"));
        if (!expr_sum(text, lookup, NULL, out, error))
            return false;
        out->kind = EXPR_WORD;
        return true;
    }
    switch (*name) {
    case 't':
        *out = (ExprValue){.kind = EXPR_TIME, .value = (int64_t)strlen(name)};
        return true;
    case 'c':
        *out = (ExprValue){.kind = EXPR_COUNT, .value = -(int64_t)strlen(name)};
        return true;
    case 'm':
        *out = (ExprValue){.kind = EXPR_COUNT, .value = name[1] == 'i' ? INT64_MIN : INT64_MAX};
        return true;
    case 's':
        *out = (ExprValue){EXPR_NAME, name[1] == 'b', states};
        return true;
    default:
        g_set_error(error, EXPR_ERROR, 1, "unknown '%s'", name);
        return false;
    }
}

static bool holds(const char *op, ExprValue left, ExprValue right)
{
    if (left.kind == EXPR_WORD) { /* unsigned: the signed order of what is half the range off */
        left.value = (int64_t)((uint64_t)left.value ^ (UINT64_C(1) << 63));
        right.value = (int64_t)((uint64_t)right.value ^ (UINT64_C(1) << 63));
    }
    if (g_str_has_prefix(op, "=="))
        return left.value == right.value;
    if (g_str_has_prefix(op, "!="))
        return left.value != right.value;
    if (g_str_has_prefix(op, "<="))
        return left.value <= right.value;
    if (g_str_has_prefix(op, ">="))
        return left.value >= right.value;
    return *op == '<' ? left.value < right.value : left.value > right.value;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *text = g_strndup((const char *)bytes, len);
    g_autoptr(GError) error = NULL;
    ExprResult result;

    if (!expr_evaluate(text, lookup, NULL, &result, &error)) {
        demand(error != NULL);
        return 0;
    }
    demand(error == NULL);
    demand((result.left.kind == EXPR_WORD) == (result.right.kind == EXPR_WORD));
    demand(result.left.kind == EXPR_ANY || result.right.kind == EXPR_ANY ||
           result.left.kind == result.right.kind);
    demand(result.holds == holds(text + strcspn(text, "=!<>"), result.left, result.right));
    return 0;
}
