/* SPDX-License-Identifier: GPL-3.0-or-later */
/* aim.c: a time, or a count of a node's instructions, and the point from which it is reached. */
#include "controller/past/reverse-private.h"

#include "controller/base/units.h"
#include "controller/session/session-error.h"

#include <inttypes.h>

static bool too_early(const Session *s, const char *goal, GError **error)
{
    const PastPoint *first = past_first(s);
    g_autofree char *time = first ? units_format_seconds(first->time) : NULL;
    const char *why = past_why(s);

    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "%s is before the past that is known, which begins at %s%s%s", goal,
                time ? time : "the next `save` or `checkpoint`", why ? ": " : "", why ? why : "");
    return false;
}

static bool aim_at_time(const Session *s, Reverse *r, GError **error)
{
    g_autofree char *text = units_format_seconds(r->goal.time), *now = NULL;

    if (r->goal.time.ns > engine_now(s->engine).ns) {
        now = units_format_seconds(engine_now(s->engine));
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "%s lies ahead: the ensemble stands at %s, and `run-until` goes there", text,
                    now);
        return false;
    }
    r->pass.place = (RunGoal){.time = r->goal.time};
    r->pass.point = past_point_before(s, r->goal.time, NULL, (Insns){0});
    return r->pass.point || too_early(s, text, error);
}

static bool aim_at_insns(const Session *s, Reverse *r, Insns insns, GError **error)
{
    const Node *n = r->goal.node;
    g_autofree char *text = g_strdup_printf("instruction %" PRId64 " of node %s", insns.n, n->name);

    if (insns.n > n->clock.icount.n) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "node %s has executed %" PRId64 " instructions: %" PRId64
                    " lie ahead, and `run-until` goes there",
                    n->name, n->clock.icount.n, insns.n);
        return false;
    }
    if (insns.n < 0) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "node %s has executed only %" PRId64 " instructions", n->name,
                    n->clock.icount.n);
        return false;
    }
    r->pass.place = (RunGoal){.time = {RUN_FOR_EVER}, .node = r->goal.node, .insns = insns};
    r->pass.point = past_point_before(s, vtime(INT64_MAX), n, insns);
    return r->pass.point || too_early(s, text, error);
}

bool reverse_aim(const Session *s, Reverse *r, GError **error)
{
    switch (r->goal.kind) {
    case REVERSE_TO_TIME:
        return aim_at_time(s, r, error);
    case REVERSE_TO_INSNS:
        return aim_at_insns(s, r, r->goal.insns, error);
    case REVERSE_STEP:
        return aim_at_insns(
            s, r, (Insns){r->goal.node->clock.icount.n - (int64_t)MIN(r->goal.count, INT64_MAX)},
            error);
    case REVERSE_STEP_VCPU:
    case REVERSE_CONTINUE:
    case REVERSE_TO_WRITE:
        return past_point_before(s, engine_now(s->engine), NULL, (Insns){0}) ||
               too_early(s, "what was", error);
    }
    g_assert_not_reached();
}
