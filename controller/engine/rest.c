/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rest.c: checks where a stopped node stands.
 *
 * rest_count() compares a rough clock with the stop's plan; rest_read() repeats the check with
 * the clock of QEMU's device state.
 */
#include "controller/engine/rest.h"

#include "controller/base/log.h"
#include "controller/qemu/ending.h"

#include <inttypes.h>

/* How far an idle node's clock may be warped past a stop: to the brake, or to the next boundary
 * if no stop was planned. With sleep=on the clock follows the host's, so there is no limit. */
static int64_t skip_limit_ns(const Node *n, const RestPlan *p)
{
    if (n->icount.sleep_on)
        return INT64_MAX;
    return (p->planned ? NS_PER_US : p->quantum.ns + NS_PER_US) + node_granule_ns(n);
}

static int64_t past_ns(const Node *n)
{
    return vtime_sub(node_ensemble_time(n), n->rest.boundary).ns;
}

/* Whether the node stands where it should. A distance of less than one instruction is exact:
 * between two instructions there is no place to stop. */
static bool stands_well(const Node *n)
{
    /* With sleep=on the clock passes some time before the first instruction. */
    bool idle =
        n->clock.rough || n->clock.idle || n->rest.slept || n->clock.icount.n == n->rest.left.n;
    int64_t past = past_ns(n);

    return past >= 0 && (past < node_granule_ns(n) || (idle && past <= n->rest.skip_limit_ns));
}

static void count_overshot(const Node *n)
{
    dist_add(&n->rest.stats->overshoot, past_ns(n));
    n->rest.stats->overshot++;
    log_debug("node %s: stopped %" PRId64 " ns past its boundary", n->name, past_ns(n));
}

void rest_count(Node *n, NodeStats *stats, const RestPlan *plan)
{
    n->rest.stats = stats;
    n->rest.boundary = plan->boundary;
    n->rest.skip_limit_ns = skip_limit_ns(n, plan);
    n->rest.slept = plan->slept;
    n->rest.left = plan->left;
    n->rest.checked = true;
    if (!n->icount.enabled) {
        dist_add(&stats->overshoot, past_ns(n));
    } else if (!stands_well(n)) {
        count_overshot(n);
    } else {
        n->rest.checked = !n->clock.rough;
        dist_add(&stats->overshoot, 0);
        if (plan->planned && past_ns(n) >= node_granule_ns(n))
            dist_add(&stats->idle_skip, past_ns(n));
    }
}

bool rest_read(Node *n, GError **error)
{
    int64_t about_us = vtime_floor_us(n->clock.virtual_time), now_us;

    if (!node_read_clock(n, error))
        return false;
    n->rest.unread = 0;
    now_us = vtime_floor_us(n->clock.virtual_time);
    if (now_us != about_us) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "QEMU's own figures differ: it stands at %" PRId64 " us by its filters, and by "
                    "its device state at %" PRId64,
                    about_us, now_us);
        return false;
    }
    if (!n->rest.checked && !stands_well(n))
        count_overshot(n);
    n->rest.checked = true;
    return true;
}

void rest_ask(Node *n)
{
    g_autoptr(GError) error = NULL;

    if (n->clock.rough && !n->clock_asked && n->state == NODE_PAUSED &&
        !node_process_is_stopped(node_process_state(n)) && !node_ask_clock(n, &error))
        log_debug("node %s: its clock can't be asked for: %s", n->name, error->message);
}

void rest_settle(Node *n)
{
    GError *error = NULL;

    rest_ask(n);
    if (!n->clock_asked || rest_read(n, &error))
        return; /* QEMU was not asked as a signal stopped it; do not wait for it */
    if (g_error_matches(error, NODE_ERROR, NODE_ERROR_STATE))
        node_fail(n, error);
    else
        log_debug("node %s: its clock can't be read: %s", n->name, error->message);
    g_error_free(error);
}
