/* SPDX-License-Identifier: GPL-3.0-or-later */
/* values.h: the values that expressions can use (expr.h): a.icount, time, barriers, a.reg.x0,
 * a.mem[table+8], a.mem[table,4], names of addresses, … */
#ifndef RUN_VALUES_H
#define RUN_VALUES_H

#include "controller/run/expr.h"
#include "controller/session/session.h"

typedef struct {
    Session *session;
    const BarrierView *view; /* take times from this barrier; NULL: as last read at rest */
    bool check;              /* only check names: registers and memory are 0 */
    bool used_clock;         /* out: a value was used that only a node at rest tells */
    /* Whose names a name without a node is looked for in: in, the node of the break, or NULL; out,
     * the node whose register or memory was asked for last. */
    const Node *node;
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
