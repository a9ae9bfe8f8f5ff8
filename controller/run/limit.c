/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * limit.c: counts what has passed, not where the ensemble stands, since a restore goes back in time.
 */
#include "controller/run/limit.h"

#include "controller/base/units.h"
#include "controller/engine/engine.h"
#include "controller/session/session-error.h"

VTime limit_end(const Session *s, VTime from)
{
    int64_t end;

    if (s->options.limit.ns <= 0 ||
        __builtin_add_overflow(from.ns, s->options.limit.ns - s->passed.ns, &end))
        return vtime(RUN_FOR_EVER);
    return vtime(end);
}

bool limit_allows(Session *s, VTime from, GError **error)
{
    g_autofree char *limit = NULL, *text = NULL;

    if (engine_now(s->engine).ns < limit_end(s, from).ns)
        return true;
    limit = units_format_duration(s->options.limit);
    text = g_strdup_printf(LIMIT_MESSAGE "%s is over (--virtual-timeout)", limit);
    session_note(s, OUTCOME_FAILED, text);
    g_set_error_literal(error, SESSION_ERROR, SESSION_ERROR_FAILED, text);
    return false;
}
