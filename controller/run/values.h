/* SPDX-License-Identifier: GPL-3.0-or-later */
/* values.h: the values that expressions can use (expr.h): a.icount, time, barriers, … */
#ifndef RUN_VALUES_H
#define RUN_VALUES_H

#include "controller/run/expr.h"
#include "controller/session/session.h"

typedef struct {
    const Session *session;
    const BarrierView *view; /* take times from this barrier; NULL: as last read at rest */
    bool used_clock;         /* out: a value was used that needs a node's clock */
} Values;

/* An ExprLookup; data: Values. Main thread; with a view, the thread that completes the barrier. */
bool values_lookup(const char *name, ExprValue *out, void *data, GError **error);

/* Names and descriptions of all values, for messages and the manual; each array ends with an entry
 * without a name. */
typedef struct {
    const char *name, *help;
} ValueHelp;

extern const ValueHelp values_of_nodes[], values_of_ensemble[];

#endif
