/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prepare.c: asks each part in the order in which they need each other. */
#include "controller/run/prepare.h"

#include "controller/fabric/fabric.h"
#include "controller/run/breaks.h"
#include "controller/run/quantum.h"
#include "controller/session/live.h"

bool run_prepare(Session *s, GError **error)
{
    quantum_follow(s);
    if (!breaks_prepare(s, error) ||
        (s->fabric && !fabric_prepare(s->fabric, engine_quantum(s->engine), s->auto_quantum,
                                      engine_now(s->engine), error)))
        return false;
    live_begin(s);
    return true;
}
