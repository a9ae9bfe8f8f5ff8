/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expr.h: evaluates comparisons such as "a.icount == 3000000" or "a.time - b.time < 1ms". Pure.
 *
 *   comparison := sum ( == | != | < | <= | > | >= ) sum | name ( == | != ) name
 *   name       := NODE.FIELD of which one side is a state | a word such as paused
 *   sum        := term { ( + | - ) term }
 *   term       := NODE.FIELD | FIELD | [ - ] literal, nothing between the two
 *   literal    := number | duration | instruction count
 *
 * A value is a time (ns), a count or one of a set of names; the three kinds don't mix. A plain
 * number is a count; 0 is a time or a count. A word that is no value counts as a name if the value
 * on the other side is a name.
 */
#ifndef RUN_EXPR_H
#define RUN_EXPR_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define EXPR_ERROR (expr_error_quark())
GQuark expr_error_quark(void);

typedef enum {
    EXPR_ANY, /* 0 */
    EXPR_COUNT,
    EXPR_TIME, /* ns */
    EXPR_NAME, /* index into `names` */
} ExprKind;

typedef struct {
    ExprKind kind;
    int64_t value;
    const char *const *names; /* EXPR_NAME: the whole set, NULL-terminated; static */
} ExprValue;

/* Returns the value of a name with or without a dot; false, with an error: the name is unknown. */
typedef bool (*ExprLookup)(const char *name, ExprValue *out, void *data, GError **error);

typedef struct {
    bool holds;
    ExprValue left, right;
} ExprResult;

/* Evaluates one comparison. False, with an error and out unchanged: the text is no comparison, a
 * name is unknown, kinds are mixed, or a sum does not fit 64 bits. */
bool expr_evaluate(const char *text, ExprLookup lookup, void *data, ExprResult *out,
                   GError **error);

#endif
