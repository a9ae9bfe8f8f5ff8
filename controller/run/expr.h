/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expr.h: evaluates comparisons such as "a.icount == 3000000" or "a.time - b.time < 1ms". Pure.
 *
 *   comparison := sum ( == | != | < | <= | > | >= ) sum | name ( == | != ) name
 *   name       := NODE.FIELD of which one side is a state | a word such as paused
 *   sum        := term { ( + | - ) term }
 *   term       := NODE.FIELD | FIELD | [ - ] literal, nothing between the two
 *   FIELD      := a word, behind which may be [ any text without an operator of comparison ]
 *   literal    := number | 0x… | duration | instruction count
 *
 * A value is a time (ns), a count, a word of memory or one of a set of names; the kinds don't mix,
 * but a count becomes a word beside one. Words are unsigned and wrap. A plain number is a count, one
 * that begins with 0x a word; 0 is anything. A word of text that is no value counts as a name if the value
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
    EXPR_WORD, /* 64 bits of memory or of a register: `value` is unsigned */
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

/* Evaluates a sum alone, such as what an ExprLookup finds in brackets. */
bool expr_sum(const char *text, ExprLookup lookup, void *data, ExprValue *out, GError **error);

/* Evaluates one comparison. False, with an error and out unchanged: the text is no comparison, a
 * name is unknown, kinds are mixed, or a sum does not fit 64 bits. */
bool expr_evaluate(const char *text, ExprLookup lookup, void *data, ExprResult *out,
                   GError **error);

#endif
