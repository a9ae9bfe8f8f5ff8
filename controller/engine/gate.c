/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gate.c: the use of a gate: arming, tokens, notes, opening and stopping.
 *
 * Reading notes, sending tokens and opening are plain system calls that allocate nothing. Arming
 * and disarming go over the stub's monitor or QMP while the node stands still.
 */
#include "controller/engine/gate-private.h"

#include "controller/engine/stops.h"
#include "controller/qemu/filters.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define HALT_MS 2000 /* for a stop in the middle of a quantum */

int gate_note_fd(const Gate *g)
{
    return g->note_fd;
}

static bool send_token(Gate *g, GError **error)
{
    g->token.sequence = ++g->sequence;
    if (send(g->token_fd, &g->token, sizeof(g->token), MSG_NOSIGNAL) != sizeof(g->token))
        return gate_fail_errno("QEMU takes no token", error);
    g->sent++;
    return true;
}

bool gate_tokens_taken(const Gate *g)
{
    int bytes = 0;

    return ioctl(g->token_fd, SIOCOUTQ, &bytes) == 0 && bytes == 0;
}

/* Waits until QEMU has taken its tokens. The node stands still, so the tokens can't come too
 * late. Every round trip gives QEMU's main loop, which reads the token's socket, another turn. */
static bool wait_taken(Gate *g, GError **error)
{
    HTime start = htime_now();

    while (!gate_tokens_taken(g)) {
        if (htime_sub(htime_now(), start).ns > NODE_REPLY_MS * NS_PER_MS) {
            g_set_error(error, NODE_ERROR, NODE_ERROR_DIED, "QEMU does not read its tokens");
            return false;
        }
        if (!filters_turn(g->node, error))
            return false;
    }
    return true;
}

/* Adds one stage of the tick: in front of the stages that exist, behind the witness. */
static bool add_tick(const Gate *g, unsigned stage, int64_t interval_us, GError **error)
{
    g_autofree char *id = g_strdup_printf("mt%u", stage);

    return filters_add(g->node,
                       &(FilterBuffer){.id = id,
                                       .netdev = "mtg",
                                       .queue = "tx",
                                       .position = g->witness_fd < 0 ? "head" : "id=mtw",
                                       .interval_us = interval_us},
                       error);
}

/* Adds a stage and its token. Timers with equal deadlines fire in the order of creation, so each
 * boundary moves every token one stage on. The token is sent after its stage exists and before
 * the next stage does. */
static bool load_stage(Gate *g, unsigned stage, int64_t interval_us, GError **error)
{
    return add_tick(g, stage, interval_us, error) && filters_settle(g->node, error) &&
           send_token(g, error) && (stage + 1 == g->plan.stages || wait_taken(g, error));
}

/* Sets the interval that follows the first firing, where it is another. The first interval
 * counts from the node's present µs. A new value holds for the firings that follow, or arms the
 * timer anew (trial.h). */
static bool set_followers(Gate *g, int64_t interval_us, GError **error)
{
    const GatePlan *p = &g->plan;
    bool can_set = g->node->interval == INTERVAL_HOLDS;

    g->periodic = !p->tries && (p->quantum_us == interval_us || (p->stays && can_set));
    if (!p->tries && (p->quantum_us == interval_us || (p->boundaries == 1 && !g->periodic)))
        return true;
    for (unsigned stage = 0; stage < g->plan.stages; stage++) {
        g_autofree char *id = g_strdup_printf("mt%u", stage);

        if (!filters_set_interval(g->node, id, p->quantum_us, error))
            return false;
    }
    return true;
}

static bool add_brake(const Gate *g, const char *id, int64_t interval_us, GError **error)
{
    return filters_add(
        g->node,
        &(FilterBuffer){.id = id, .netdev = "mtg", .queue = "rx", .interval_us = interval_us},
        error);
}

static int64_t brake_us(const GatePlan *p)
{
    return p->first_us + (int64_t)(p->boundaries - 1) * p->quantum_us + 1;
}

static bool remove_brake(Gate *g, GError **error)
{
    bool present = g->braked;

    g->braked = false;
    return !present || filters_delete(g->node, "mtb", error);
}

/* An idle node stands a little behind the places where busy ones stand: its brakes are all the same where
 * theirs are. */
static bool add_grain(const Gate *g, int64_t now_us, GError **error)
{
    int64_t grain_us = g->plan.grain_us, first_us = grain_us;

    if (g->plan.grain_at_us > now_us && g->node->interval == INTERVAL_HOLDS)
        first_us = (g->plan.grain_at_us - now_us - 1) % grain_us + 1;
    return add_brake(g, "mtf", first_us, error) &&
           (first_us == grain_us || filters_set_interval(g->node, "mtf", grain_us, error));
}

static bool add_brakes(Gate *g, int64_t now_us, GError **error)
{
    int64_t at_us = brake_us(&g->plan);
    bool guarded = g->guard_us && (at_us - g->guard_us) % g->guard_quantum_us == 0;

    if (g->plan.brake && !guarded) {
        if (!remove_brake(g, error) || !add_brake(g, "mtb", at_us - now_us, error))
            return false;
        g->braked = true;
    }
    return !g->plan.grain_us || add_grain(g, now_us, error);
}

static bool is_guarded(const Gate *g, const GatePlan *plan)
{
    return g->guard_us && g->guard_quantum_us == plan->quantum_us &&
           (plan->guard_us - g->guard_us) % plan->quantum_us == 0;
}

static bool fires_on_grid(const Node *n, int64_t first_us, int64_t quantum_us)
{
    return n->interval == INTERVAL_HOLDS ||
           first_us - vtime_floor_us(n->clock.virtual_time) == quantum_us;
}

bool gate_keeps_up(const Gate *g, const GatePlan *plan)
{
    return plan->boundaries == 1 || fires_on_grid(g->node, plan->first_us, plan->quantum_us);
}

bool gate_guards(const Gate *g, const GatePlan *plan)
{
    return is_guarded(g, plan) || fires_on_grid(g->node, plan->guard_us, plan->quantum_us);
}

bool gate_guards_later(const Gate *g, const GatePlan *plan)
{
    return plan->guard_us && g->node->interval == INTERVAL_REARMS && !is_guarded(g, plan) &&
           fires_on_grid(g->node, plan->guard_us - 1, plan->quantum_us) && plan->quantum_us > 2;
}

static bool remove_guard(Gate *g, GError **error)
{
    bool present = g->guard_quantum_us != 0;

    g->guard_us = g->guard_quantum_us = 0;
    return !present || filters_delete(g->node, "mtk", error);
}

static bool add_guard(Gate *g, int64_t now_us, GError **error)
{
    const GatePlan *p = &g->plan;

    if (!p->guard_us)
        return !p->unguarded || remove_guard(g, error);
    if (!gate_guards(g, p) || is_guarded(g, p))
        return true;
    if (!remove_guard(g, error) || !add_brake(g, "mtk", p->guard_us - now_us, error))
        return false;
    g->guard_us = p->guard_us;
    g->guard_quantum_us = p->quantum_us;
    return p->guard_us - now_us == p->quantum_us ||
           filters_set_interval(g->node, "mtk", p->quantum_us, error);
}

/* Adds or removes the witness as the plan needs it: a record of each token's time has a cost
 * too. */
static bool set_witness(Gate *g, GError **error)
{
    return g->plan.stays       ? gate_add_witness(g, error)
           : g->plan.unguarded ? gate_remove_witness(g, error)
                               : true;
}

bool gate_is_parked_for(const Gate *g, const GatePlan *plan)
{
    return g->parked && !plan->grain_us && !plan->tries && g->next_us == plan->first_us &&
           g->plan.quantum_us == plan->quantum_us;
}

/* Goes on from a parked gate: the tick exists and holds the token of the plan's first boundary. */
static bool leave_park(Gate *g, const GatePlan *plan, GError **error)
{
    int64_t now_us = vtime_floor_us(g->node->clock.virtual_time);

    g->parked = false;
    g->plan = *plan;
    g->plan.stages = 1;
    g->sent = 1;
    g->noted = 0;
    return add_guard(g, now_us, error) && add_brakes(g, now_us, error) && set_witness(g, error) &&
           filters_settle(g->node, error);
}

bool gate_arm(Gate *g, const GatePlan *plan, GError **error)
{
    int64_t now_us = vtime_floor_us(g->node->clock.virtual_time);
    int64_t interval_us = plan->first_us - now_us;

    if (gate_is_parked_for(g, plan))
        return leave_park(g, plan, error);
    if (!gate_disarm(g, error))
        return false;
    g_assert(plan->boundaries > 0 && interval_us > 0 && interval_us < FILTERS_LONGEST_US);
    g->plan = *plan;
    g->plan.stages = (unsigned)MIN(plan->stages, plan->boundaries);
    g->sent = g->noted = 0;
    g->next_us = plan->first_us;
    g->armed = true;
    if (!set_witness(g, error))
        return false;
    for (unsigned stage = 0; stage < g->plan.stages; stage++)
        if (!load_stage(g, stage, interval_us, error))
            return false;
    return add_guard(g, now_us, error) && add_brakes(g, now_us, error) &&
           set_followers(g, interval_us, error) && filters_settle(g->node, error) &&
           wait_taken(g, error);
}

/* Turns note and gate filter on or off. Both are off while ticks with tokens are deleted: the
 * tokens that the ticks let out must neither write a note nor block QEMU's main thread. */
static bool set_dumps_status(const Gate *g, const char *status, GError **error)
{
    return filters_set_status(g->node, "mtn", status, error) &&
           filters_set_status(g->node, "mtd", status, error);
}

static bool delete_timers(Gate *g, GError **error)
{
    for (unsigned stage = 0; stage < g->plan.stages; stage++) {
        g_autofree char *id = g_strdup_printf("mt%u", stage);

        if (!filters_delete(g->node, id, error))
            return false;
    }
    return remove_brake(g, error) && (!g->plan.grain_us || filters_delete(g->node, "mtf", error));
}

bool gate_disarm(Gate *g, GError **error)
{
    bool inside = g->sent != g->noted;
    int64_t now_us;

    if (!g->armed)
        return true;
    if (g->parked)
        return gate_disarm_where(g, &now_us, error);
    g->armed = false;
    return (!inside || (wait_taken(g, error) && set_dumps_status(g, "off", error))) &&
           delete_timers(g, error) && (!inside || set_dumps_status(g, "on", error)) &&
           filters_settle(g->node, error);
}

/* Takes one record out of the full pipe, so that the write that blocks the vCPU completes. */
static bool read_record(Gate *g, GError **error)
{
    uint8_t record[TOKEN_RECORD];
    ssize_t n = read(g->dump_fd, record, sizeof(record));

    if (n == sizeof(record))
        return true;
    errno = n < 0 ? errno : EPIPE;
    return gate_fail_errno("the gate's pipe is broken", error);
}

static bool read_where(Gate *g, int64_t *now_us, GError **error)
{
    struct pollfd p = {.fd = g->note_fd, .events = POLLIN};
    uint8_t record[DUMP_NOTE_RECORD];
    ssize_t n = -1;
    uint64_t sequence;
    DumpHead head;

    if (TEMP_FAILURE_RETRY(poll(&p, 1, NODE_REPLY_MS)) == 1)
        n = read(g->note_fd, record, sizeof(record));
    if (n < 0 || !dump_read_note(record, (gsize)n, TOKEN_SIZE, &head, &sequence) ||
        sequence != g->sequence) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_DIED,
                    "QEMU hands out no token from a filter that is deleted");
        return false;
    }
    *now_us = dump_time(&g->note_clock, &head, vtime_floor_us(g->node->clock.virtual_time));
    return true;
}

bool gate_knows_where(const Gate *g)
{
    return g->armed && g->plan.stages == 1 && g->sent == g->noted;
}

/* Empties the pipe first: the record of the ticks' token takes the place of the one there. */
bool gate_disarm_where(Gate *g, int64_t *now_us, GError **error)
{
    bool inside = g->parked;

    g_assert(inside || gate_knows_where(g));
    g->armed = g->parked = false;
    return read_record(g, error) && (inside || (send_token(g, error) && wait_taken(g, error))) &&
           delete_timers(g, error) && filters_settle(g->node, error) &&
           read_where(g, now_us, error);
}

/* Reads the witness up to the record of this token. Records of tokens that were lost at a
 * disarming come first. */
static bool read_witness(Gate *g, uint64_t sequence)
{
    uint8_t record[DUMP_NOTE_RECORD];
    DumpHead head;

    while (g->seen < sequence) {
        ssize_t n = read(g->witness_fd, record, sizeof(record));

        if (n <= 0 || !dump_read_note(record, (gsize)n, TOKEN_SIZE, &head, &g->seen))
            return false;
        g->seen_us =
            dump_time(&g->witness_clock, &head, vtime_floor_us(g->node->clock.virtual_time));
    }
    return g->seen == sequence;
}

/* Whether QEMU took this token before its boundary. */
static bool taken_in_time(Gate *g, uint64_t sequence)
{
    return read_witness(g, sequence) && g->seen_us < g->next_us;
}

bool gate_may_park(const Gate *g)
{
    return gate_knows_where(g) && g->plan.stays && g->periodic && g->witness_fd >= 0;
}

bool gate_park(Gate *g, int64_t *now_us, GError **error)
{
    g_assert(gate_may_park(g));
    g->parked = true;
    /* mtb is not needed any more; QEMU takes the token while mtb is deleted. */
    if (!send_token(g, error) || !remove_brake(g, error) || !wait_taken(g, error))
        return false;
    if (!read_witness(g, g->sequence)) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_DIED, "QEMU notes no token that it takes");
        return false;
    }
    *now_us = g->seen_us;
    return true;
}

static NoteKind note_kind(const Gate *g, int64_t late_us, bool in_time)
{
    const Icount *icount = &g->node->icount;

    if (late_us == 0)
        return NOTE_ON_TIME;
    if (late_us < 0)
        return NOTE_BROKEN;
    if (icount->enabled && late_us * NS_PER_US < INT64_C(1) << icount->shift)
        return NOTE_GRAIN;
    return icount->sleep_on && in_time ? NOTE_IDLE : NOTE_MISSED;
}

Note gate_read_note(Gate *g)
{
    uint64_t sequence = g->sequence - (g->sent - g->noted) + 1, number;
    uint8_t record[DUMP_NOTE_RECORD];
    ssize_t n = read(g->note_fd, record, sizeof(record));
    DumpHead head;
    Note note;
    bool in_time;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return (Note){.kind = NOTE_NONE};
    if (n <= 0)
        return (Note){.kind = NOTE_GONE};
    if (!dump_read_note(record, (gsize)n, TOKEN_SIZE, &head, &number) || number != sequence)
        return (Note){.kind = NOTE_BROKEN};
    g->noted++;
    in_time = g->witness_fd >= 0 && taken_in_time(g, sequence);
    note.stamp_us = dump_time(&g->note_clock, &head, g->next_us);
    note.late_us = note.stamp_us - g->next_us;
    if (note.late_us != 0)
        g->guard_us = 0; /* mtk may have drifted as well */
    note.kind = note_kind(g, note.late_us, in_time);
    g->next_us = note.stamp_us + g->plan.quantum_us;
    return note;
}

bool gate_open(Gate *g, GError **error)
{
    return (g->sent >= g->plan.boundaries || send_token(g, error)) && read_record(g, error);
}

/* Lets a node through a gate at which it arrives before the stop is handled: an idle node that
 * holds further tokens may do so. */
static bool pass_gate(Gate *g, GError **error)
{
    Note note = gate_read_note(g);

    return note.kind == NOTE_NONE || note.kind == NOTE_GONE || read_record(g, error);
}

static bool await_stop(Gate *g, int timeout_ms, GError **error)
{
    struct pollfd fds[] = {{.events = POLLIN}, {.fd = g->note_fd, .events = POLLIN}};
    int64_t began = g_get_monotonic_time();
    bool stands;

    while (stops_look(g->node, &stands, error) && !stands) {
        int left = qmp_ms_left(began, timeout_ms);

        if (left == 0)
            return stops_overdue(g->node, error);
        fds[0].fd = stops_fd(g->node);
        if (poll(fds, G_N_ELEMENTS(fds), MIN(left, QMP_LOOK_MS)) == 0)
            continue;
        if ((fds[1].revents & POLLIN) && !pass_gate(g, error))
            return false;
        if ((fds[1].revents & POLLHUP) && !(fds[1].revents & POLLIN))
            fds[1].fd = -1; /* QEMU is about to end: the connection gives the reason */
    }
    return stands;
}

bool gate_stop(Gate *g, GError **error)
{
    bool ok;

    g->node->expect_stop = true;
    ok = stops_ask(g->node, false, error) && read_record(g, error) &&
         await_stop(g, NODE_REPLY_MS, error);
    g->node->expect_stop = false;
    return ok;
}

bool gate_halt(Gate *g, GError **error)
{
    bool ok;

    /* A QEMU stopped by a signal would read the stop after this program has ended, and no
     * program would resume it then. */
    if (g->node->attached && node_process_is_stopped(node_process_state(g->node))) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "QEMU can't be asked");
        return false;
    }
    g->node->expect_stop = true;
    ok = stops_ask(g->node, true, error) && await_stop(g, HALT_MS, error);
    g->node->expect_stop = false;
    return ok;
}
