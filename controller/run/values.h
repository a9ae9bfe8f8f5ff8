/* SPDX-License-Identifier: GPL-3.0-or-later */
/* values.h: the names that expressions know (expr.h): a.icount, time, barriers, … */
#ifndef RUN_VALUES_H
#define RUN_VALUES_H

#include "controller/run/expr.h"
#include "controller/session/session.h"

typedef struct {
    const Session *session;
    const BarrierView *view; /* times are those of this barrier; NULL: as last read at rest */
    bool used_clock;         /* out: a value was asked for that only a node's clock can tell */
} Values;

/* An ExprLookup; data: Values. */
bool values_lookup(const char *name, ExprValue *out, void *data, GError **error);

/* What they are, for messages and the manual; each ends with an entry without a name. */
typedef struct {
    const char *name, *help;
} ValueHelp;

extern const ValueHelp values_of_nodes[], values_of_ensemble[];

#endif
