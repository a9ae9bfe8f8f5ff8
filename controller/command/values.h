/* SPDX-License-Identifier: GPL-3.0-or-later */
/* values.h: the names that expressions know (expr.h): a.icount, time, barriers, … */
#ifndef COMMAND_VALUES_H
#define COMMAND_VALUES_H

#include "controller/command/expr.h"
#include "controller/session.h"

typedef struct {
    const Session *session;
    const BarrierView *view; /* times are those of this barrier; NULL: as last read at rest */
    bool used_clock;         /* out: a value was asked for that only a node's clock can tell */
} Values;

/* An ExprLookup; data: Values. */
bool values_lookup(const char *name, ExprValue *out, void *data, GError **error);

/* The fields of a node, and the names without a node, as a text for messages and the manual. */
extern const char values_of_nodes[], values_of_ensemble[];

#endif
