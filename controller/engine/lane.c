/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lane.c: the quantum loop of the nodes of one CPU.
 *
 * A node of a leg is at rest (stopped by QEMU's own stop), running, or at its gate. Every quantum
 * each one either is let through its gate, or, when anything about its last boundary was not as it
 * should be, is stopped there and armed anew for the absolute time of the next one, so that no
 * error lasts longer than a quantum.
 */
#include "controller/engine/lane.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/engine/debug.h"
#include "controller/engine/gate.h"
#include "controller/engine/nic.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/epoll.h>

/* In a long quantum a guest must not fill its console's socket: drained this often meanwhile. */
#define DRAIN_MS 20

#define MAX_EVENTS 64

/* What of a rider's became readable: the lower bits of an epoll tag. */
enum { TAG_NOTE, TAG_QMP, TAG_STUB, TAG_BITS = 2, TAG_MASK = 3 };

/*
 * How the vCPUs' share of the CPU is watched: ten times as often as the kernel acts on it (once a
 * second), and with margins to the 5 % below which it does.
 */
#define SHARE_WINDOW_NS (100 * NS_PER_MS)
#define SHARE_IDLE      20 /* per cent: below it vCPUs get the shield */
#define SHARE_BUSY      60 /* above it they lose it … */
#define SHARE_WINDOWS   10 /* … at once if they got it lately, else after so many */
#define SHARE_MOMENT_NS (400 * NS_PER_MS)
#define SHARE_DEBT_NS   (60 * NS_PER_MS)

typedef enum {
    PLACE_REST,
    PLACE_RUNNING,
    PLACE_GATE,
    PLACE_OUT, /* off or failed */
} Place;

typedef struct {
    Slot *slot;
    Node *node;
    Place place;
    Insns left;  /* its count when it left its last rest */
    bool anew;   /* stop and arm it before it goes on */
    bool judged; /* that it ran past its boundary is counted already */
} Rider;

struct Lane {
    int cpu;
    Rank rank;
    GThread *thread;
    LegPatience patience;

    GMutex lock;
    GCond wake;
    bool quit, has_job;
    Leg *leg; /* or: */
    void (*func)(void *);
    void *arg;
    LaneDoneFunc done;
    void *done_data;

    /* of the present leg */
    int epoll_fd;
    Rider *riders;
    unsigned n_riders, running;
    bool lost_one; /* a node failed since the last rendezvous */
    VTime until;   /* end of the present quantum */

    /* rank_shield_vcpus() */
    bool shielded;
    bool rested; /* the CPU was left alone long enough before this leg */
    HTime shielded_since;
    HTime ended;           /* when it was left alone */
    unsigned busy_windows; /* in a row */
    HTime window;          /* when it began */
    int64_t window_used;   /* vCPU time of all riders until then */
};

/* --- one node --- */

/* Its descriptors would report their end for ever. */
static void rider_out(Lane *l, Rider *r)
{
    if (l->epoll_fd >= 0 && r->node->gate) {
        epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, gate_note_fd(r->node->gate), NULL);
        epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, qmp_client_fd(r->node->qmp), NULL);
        if (r->node->debug)
            epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, gdb_client_fd(debug_client(r->node)), NULL);
    }
    if (r->place == PLACE_RUNNING)
        l->running--;
    r->place = PLACE_OUT;
    node_hush(r->node, false);
}

static void rider_fail(Lane *l, Rider *r, GError *error)
{
    node_fail(r->node, error);
    log_warn("%s: the others are held at the next barrier", r->node->failure->message);
    g_error_free(error);
    rider_out(l, r);
    l->lost_one = true;
}

/* Length of the shift register: where rank does not rule, late tokens have to be seen early. */
static unsigned stages_for(const Lane *l)
{
    return l->rank == RANK_STRICT ? 1 : GATE_MAX_STAGES;
}

static int64_t granule_ns(const Node *n)
{
    return INT64_C(1) << n->icount.shift;
}

/* --- cards --- */

/* Older than the gate's tick, and on the grid also where the leg is not. */
static bool arm_nics(const Leg *leg, const Node *n, uint64_t k, GError **error)
{
    VTime next = leg->on_grid ? leg_boundary(leg, k) : leg->next_barrier;

    for (unsigned i = 0; n->nics && i < n->nics->len; i++)
        if (!nic_arm(n->nics->pdata[i], vtime_floor_us(vtime_add(next, n->epoch)),
                     leg->quantum.ns / NS_PER_US, error))
            return false;
    return true;
}

static bool send_frames(const Node *n, bool at_rest, GError **error)
{
    for (unsigned i = 0; n->nics && i < n->nics->len; i++)
        if (!nic_send(n->nics->pdata[i], at_rest, error) ||
            (at_rest && !nic_wait_taken(n->nics->pdata[i], error)))
            return false;
    return true;
}

static bool release_frames(const Node *n, GError **error)
{
    for (unsigned i = 0; n->nics && i < n->nics->len; i++)
        if (!nic_release(n->nics->pdata[i], error))
            return false;
    return true;
}

static void read_frames(const Node *n)
{
    for (unsigned i = 0; n->nics && i < n->nics->len; i++)
        nic_read(n->nics->pdata[i]);
}

static void reach_nics(const Node *n, int64_t stamp_us)
{
    for (unsigned i = 0; n->nics && i < n->nics->len; i++)
        nic_reached(n->nics->pdata[i], stamp_us);
    read_frames(n);
}

static bool arm(Lane *l, const Leg *leg, const Rider *r, uint64_t k, GError **error)
{
    GatePlan plan = {
        .first_us = vtime_floor_us(vtime_add(leg_boundary(leg, k), r->node->epoch)),
        .quantum_us = leg->quantum.ns / NS_PER_US,
        .boundaries = leg->count - k + 1,
        /* With sleep=on no clock is warped: there is nothing to brake. */
        .brake = leg->brake && !r->node->icount.sleep_on,
        /* A hit warps an idle-looking node (debug.h). */
        .grain_us = debug_armed(r->node) && !r->node->icount.sleep_on
                        ? MIN(leg->max_skip_us, leg->quantum.ns / NS_PER_US)
                        : 0,
        .stages = stages_for(l),
    };

    return arm_nics(leg, r->node, k, error) && gate_arm(r->node->gate, &plan, error);
}

/* Its reply is not waited for: without rank the node may be at its gate before it is sent. */
static bool resume(Node *n, GError **error)
{
    return debug_armed(n) ? debug_resume(n, error) : qmp_client_post(n->qmp, "cont", NULL, error);
}

static bool stands_at(const Leg *leg, const Rider *r, uint64_t k)
{
    return vtime_floor_us(node_ensemble_time(r->node)) >= vtime_floor_us(leg_boundary(leg, k));
}

/* A node at rest goes on to boundary k, unless it stands there or farther already. */
static void depart(Lane *l, const Leg *leg, Rider *r, uint64_t k)
{
    GError *error = NULL;

    if (stands_at(leg, r, k)) {
        if (!send_frames(r->node, true, &error) || !release_frames(r->node, &error))
            rider_fail(l, r, error);
        return;
    }
    if (!debug_leave_point(r->node, &error) ||
        (!stands_at(leg, r, k) &&
         (!arm(l, leg, r, k, &error) || !send_frames(r->node, true, &error) ||
          !resume(r->node, &error)))) {
        rider_fail(l, r, error);
        return;
    }
    if (stands_at(leg, r, k))
        return; /* one instruction was all that was missing */
    r->anew = false;
    r->left = r->node->clock.icount;
    r->place = PLACE_RUNNING;
    r->node->state = NODE_RUNNING;
    l->running++;
}

/* How far an idle node's clock may be warped past a stop: to the brake, or, where no stop was
 * planned, to the next boundary. With sleep=on its clock follows the host's: there is no limit. */
static int64_t skip_limit_ns(const Leg *leg, const Node *n, bool planned)
{
    if (n->icount.sleep_on)
        return INT64_MAX;
    return (planned ? NS_PER_US : leg->quantum.ns + NS_PER_US) + granule_ns(n);
}

/* Stopped at boundary k: where does it stand, and did it execute anything on the way there? */
static void judge(const Leg *leg, Rider *r, uint64_t k)
{
    const Node *n = r->node;
    NodeStats *stats = r->slot->stats;
    int64_t past_ns = vtime_sub(node_ensemble_time(n), leg_boundary(leg, k)).ns;
    bool planned = k == leg->count;
    /* With sleep=on a clock passes some time before the first instruction. */
    bool idle = n->clock.idle || n->clock.icount.n == r->left.n;

    if (!n->icount.enabled) {
        dist_add(&stats->overshoot, past_ns);
    } else if (past_ns >= 0 && past_ns < granule_ns(n)) {
        /* Between two instructions there is no place to stop: less than one is exact. */
        dist_add(&stats->overshoot, 0);
    } else if (past_ns > 0 && idle && past_ns <= skip_limit_ns(leg, n, planned)) {
        dist_add(&stats->overshoot, 0);
        if (planned)
            dist_add(&stats->idle_skip, past_ns);
    } else {
        dist_add(&stats->overshoot, past_ns);
        stats->overshot++;
        log_debug("node %s: stopped %" PRId64 " ns past its boundary", n->name, past_ns);
    }
}

/* At its gate -> at rest, its clock read. */
static void bring_to_rest(Lane *l, const Leg *leg, Rider *r, uint64_t k)
{
    GError *error = NULL;

    node_hush(r->node, false);
    /* The stub tells of every stop: unread, that would block QEMU some time. */
    if (!gate_stop(r->node->gate, &error) || !node_read_clock(r->node, &error) ||
        !gate_disarm(r->node->gate, &error) ||
        (r->node->debug && !gdb_drain(debug_client(r->node), &error))) {
        rider_fail(l, r, error);
        return;
    }
    r->place = PLACE_REST;
    r->node->state = NODE_PAUSED;
    if (!r->judged)
        judge(leg, r, k);
    r->judged = false;
}

/* --- events while a quantum is run --- */

static void at_gate(Lane *l, Leg *leg, Rider *r, const Note *note)
{
    Node *n = r->node;

    r->place = PLACE_GATE;
    l->running--;
    node_hush(n, true);
    r->slot->stamp_us = note->stamp_us - vtime_floor_us(n->epoch);
    r->slot->arrived = htime_now();
    reach_nics(n, note->stamp_us);
    if (console_drain(n->console, l->until))
        atomic_store(&leg->stop, true);
    if (l->rank != RANK_STRICT && !gate_tokens_taken(n->gate)) {
        r->slot->stats->repairs++;
        r->anew = true;
    }
    if (!n->icount.enabled)
        r->anew = true; /* without icount every boundary is a stop */
}

static void judge_note(Rider *r, const Note *note)
{
    NodeStats *stats = r->slot->stats;
    int64_t late_ns = note->late_us * NS_PER_US;

    if (!r->node->icount.enabled)
        return; /* judged once it stands */
    switch (note->kind) {
    case NOTE_NONE:
    case NOTE_GONE:
        break; /* no boundary */
    case NOTE_ON_TIME:
        dist_add(&stats->overshoot, 0);
        break;
    case NOTE_GRAIN:
        dist_add(&stats->overshoot, 0);
        r->anew = true;
        break;
    case NOTE_IDLE:
        dist_add(&stats->overshoot, 0);
        dist_add(&stats->idle_skip, late_ns);
        r->anew = true;
        break;
    case NOTE_MISSED:
    case NOTE_BROKEN:
        dist_add(&stats->overshoot, late_ns);
        stats->missed++;
        r->anew = r->judged = true;
        log_debug("node %s: missed a boundary by %" PRId64 " us", r->node->name, note->late_us);
        break;
    }
}

static void on_note(Lane *l, Leg *leg, Rider *r)
{
    Note note = gate_read_note(r->node->gate);

    if (note.kind == NOTE_NONE)
        return;
    if (note.kind == NOTE_GONE) {
        GError *error = NULL;

        /* The connection tells more than the FIFO; it breaks at the same time. */
        if (qmp_client_pump(r->node->qmp, 1000, &error))
            g_set_error(&error, NODE_ERROR, NODE_ERROR_DIED, "QEMU closed its end of the gate");
        rider_fail(l, r, error);
        return;
    }
    if (r->place != PLACE_RUNNING) {
        r->slot->stats->missed++; /* at no boundary that anyone sent it to */
        return;
    }
    judge_note(r, &note);
    at_gate(l, leg, r, &note);
}

/* A point was hit before the boundary: the node is at rest there, and the barrier will not be
 * complete. */
static void take_hit(Lane *l, Leg *leg, Rider *r)
{
    GError *error = NULL;
    Node *n = r->node;

    node_hush(n, false);
    n->expect_stop = true; /* its event is on its way */
    if (!node_read_clock(n, &error) || !gate_disarm(n->gate, &error)) {
        rider_fail(l, r, error);
        return;
    }
    n->expect_stop = n->stopped_outside = false;
    r->place = PLACE_REST;
    n->state = NODE_PAUSED;
    l->running--;
    atomic_store(&leg->broke, true);
    atomic_store(&leg->stop, true);
}

/* True if that took care of the node. */
static bool on_stub(Lane *l, Leg *leg, Rider *r)
{
    GError *error = NULL;
    bool hit;

    if (!debug_check_stop(r->node, &hit, &error)) {
        rider_fail(l, r, error);
        return true;
    }
    if (hit)
        take_hit(l, leg, r);
    return hit;
}

static void power_off(Lane *l, Leg *leg, Rider *r)
{
    Node *n = r->node;

    n->state = NODE_OFF;
    /* Its last words may be the awaited ones. */
    if (console_drain(n->console, l->until) || (leg->stop_on_exit && !n->options->on_exit_continue))
        atomic_store(&leg->stop, true);
    rider_out(l, r);
}

static void on_qmp(Lane *l, Leg *leg, Rider *r)
{
    GError *error = NULL;
    Node *n = r->node;

    if (!qmp_client_pump(n->qmp, 0, &error)) {
        rider_fail(l, r, error);
    } else if (n->powered_off) {
        power_off(l, leg, r);
    } else if (n->stopped_outside && !(debug_armed(n) && on_stub(l, leg, r))) {
        g_set_error(&error, NODE_ERROR, NODE_ERROR_STATE,
                    "stopped from outside in the middle of a quantum (event STOP)");
        rider_fail(l, r, error);
    }
}

/* --- shield: rank_shield_vcpus() --- */

/* Without icount the vCPUs don't run the timers: nothing of theirs has to be in time. */
static bool takes_shield(const Rider *r)
{
    return r->place != PLACE_OUT && r->node->icount.enabled;
}

static int64_t vcpu_time(const Lane *l)
{
    int64_t sum = 0;

    for (unsigned i = 0; i < l->n_riders; i++) {
        const Node *n = l->riders[i].node;
        int64_t used = -1;

        if (takes_shield(&l->riders[i]) && n->vcpus->len > 0)
            used = rank_thread_runtime_ns(n->pid, g_array_index(n->vcpus, pid_t, 0));
        sum += MAX(used, 0);
    }
    return sum;
}

static void open_window(Lane *l)
{
    l->window = htime_now();
    l->window_used = vcpu_time(l);
}

static void set_shield(Lane *l, bool shield)
{
    for (unsigned i = 0; i < l->n_riders; i++)
        if (takes_shield(&l->riders[i]))
            rank_shield_vcpus(l->riders[i].node->vcpus, shield);
    log_debug("host CPU %d: vCPUs %s", l->cpu, shield ? "shielded" : "not shielded");
    l->shielded = shield;
    l->shielded_since = htime_now();
    l->busy_windows = 0;
}

/*
 * While real-time threads took all of the CPU, ordinary ones were short: the kernel owes them up to
 * 5 % of a second, and vCPUs that join them now would outrun QEMU on that debt. All nodes stand at
 * their gates here: leaving the CPU alone for so long pays it off.
 */
static void pay_debt(void)
{
    struct timespec debt = {.tv_nsec = SHARE_DEBT_NS};

    while (nanosleep(&debt, &debt) != 0 && errno == EINTR)
        ;
}

/* Busy guests share the CPU with the rest of the host; those that are idle, or find too little of
 * it left, are shielded. The shield can be taken away at a barrier only. */
static void watch_share(Lane *l, bool at_barrier)
{
    HTime now = htime_now();
    int64_t length = htime_sub(now, l->window).ns, percent;
    bool recent;

    if (l->rank != RANK_STRICT || length < SHARE_WINDOW_NS)
        return;
    percent = (vcpu_time(l) - l->window_used) * 100 / length;
    recent = htime_sub(now, l->shielded_since).ns < SHARE_MOMENT_NS;
    l->busy_windows = percent >= SHARE_BUSY ? l->busy_windows + 1 : 0;
    if (!l->shielded && percent < SHARE_IDLE) {
        set_shield(l, true);
    } else if (l->shielded && at_barrier && l->busy_windows >= (recent ? 1 : SHARE_WINDOWS)) {
        if (!recent || !l->rested)
            pay_debt();
        l->rested = true;
        set_shield(l, false);
    }
    open_window(l);
}

/* --- a quantum --- */

static void begin_quantum(Lane *l, const Leg *leg, uint64_t k)
{
    l->until = leg_boundary(leg, k);
    for (unsigned i = 0; i < l->n_riders; i++) {
        Rider *r = &l->riders[i];
        GError *error = NULL;

        if (r->place == PLACE_GATE && r->anew)
            bring_to_rest(l, leg, r, k - 1);
        if (r->place == PLACE_REST) {
            depart(l, leg, r, k);
        } else if (r->place == PLACE_GATE) {
            r->place = PLACE_RUNNING;
            l->running++;
            if (!send_frames(r->node, false, &error) || !gate_open(r->node->gate, &error))
                rider_fail(l, r, error);
        }
    }
}

static void handle(Lane *l, Leg *leg, const struct epoll_event *event)
{
    Rider *r = &l->riders[event->data.u32 >> TAG_BITS];

    if (r->place == PLACE_OUT)
        return; /* it went earlier in this round */
    switch (event->data.u32 & TAG_MASK) {
    case TAG_NOTE:
        on_note(l, leg, r);
        break;
    case TAG_QMP:
        on_qmp(l, leg, r);
        break;
    case TAG_STUB:
        on_stub(l, leg, r);
        break;
    }
}

static void drain_consoles(const Lane *l)
{
    for (unsigned i = 0; i < l->n_riders; i++)
        if (l->riders[i].place == PLACE_RUNNING) {
            console_drain(l->riders[i].node->console, l->until);
            read_frames(l->riders[i].node);
        }
}

/* Until each of its nodes stands at its gate, is at rest, or is out. */
static void collect(Lane *l, Leg *leg)
{
    struct epoll_event events[MAX_EVENTS];

    while (l->running > 0) {
        int n = epoll_wait(l->epoll_fd, events, MAX_EVENTS, DRAIN_MS);

        for (int i = 0; i < n; i++)
            handle(l, leg, &events[i]);
        if (n == 0) {
            drain_consoles(l);
            watch_share(l, false);
        }
    }
}

/* --- a leg --- */

static bool watch(Lane *l, int fd, uint32_t tag, GError **error)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = tag};

    if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "epoll: %s", g_strerror(errno));
    return false;
}

/* New threads may have come up since the last leg: rank them too. */
static void board(Lane *l, Rider *r, unsigned i)
{
    GError *error = NULL;
    Node *n = r->node;

    n->powered_off = n->stopped_outside = false;
    if (!n->gate)
        n->gate = gate_new(n, &error);
    if (!n->gate || !node_rank(n, l->rank, l->cpu, &error) ||
        !watch(l, gate_note_fd(n->gate), i << TAG_BITS | TAG_NOTE, &error) ||
        !watch(l, qmp_client_fd(n->qmp), i << TAG_BITS | TAG_QMP, &error) ||
        (debug_armed(n) &&
         !watch(l, gdb_client_fd(debug_client(n)), i << TAG_BITS | TAG_STUB, &error)))
        rider_fail(l, r, error);
}

static void prepare(Lane *l, Leg *leg)
{
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->riders = g_new0(Rider, leg->n_slots);
    l->n_riders = l->running = 0;
    l->lost_one = false;
    for (unsigned i = 0; i < leg->n_slots; i++) {
        Rider *r = &l->riders[l->n_riders];

        if (leg->slots[i].node->cpu != l->cpu)
            continue;
        *r = (Rider){.slot = &leg->slots[i], .node = leg->slots[i].node};
        r->place = node_is_live(r->node) ? PLACE_REST : PLACE_OUT;
        l->n_riders++;
        if (r->place == PLACE_REST)
            board(l, r, l->n_riders - 1);
    }
    l->shielded = true; /* as node_rank() left them */
    l->shielded_since = htime_now();
    l->rested = htime_sub(l->shielded_since, l->ended).ns >= SHARE_DEBT_NS;
    l->busy_windows = 0;
    open_window(l);
}

static bool all_out(const Lane *l)
{
    for (unsigned i = 0; i < l->n_riders; i++)
        if (l->riders[i].place != PLACE_OUT)
            return false;
    return true;
}

static BarrierAction meet(Lane *l, Leg *leg)
{
    BarrierEvent event = BARRIER_EV_ARRIVED;

    if (l->lost_one)
        event = BARRIER_EV_FAILED;
    else if (all_out(l))
        event = BARRIER_EV_LEFT;
    l->lost_one = false;
    return leg_rendezvous(leg, event, &l->patience);
}

/* A guest that powered off stands still, its clock can be read, its gate is of no use any more. */
static void settle_off(const Lane *l, Rider *r)
{
    if (r->node->state != NODE_OFF)
        return;
    console_drain(r->node->console, l->until);
    if (!node_read_clock(r->node, NULL))
        log_warn("node %s: powered off, and its clock can't be read", r->node->name);
}

static void finish(Lane *l, const Leg *leg, uint64_t k)
{
    for (unsigned i = 0; i < l->n_riders; i++) {
        Rider *r = &l->riders[i];

        if (r->place == PLACE_GATE)
            bring_to_rest(l, leg, r, k);
        settle_off(l, r);
        if (r->place != PLACE_OUT) {
            console_drain(r->node->console, l->until);
            read_frames(r->node);
        }
    }
    fd_clear(&l->epoll_fd);
    g_clear_pointer(&l->riders, g_free);
}

static void ride(Lane *l, Leg *leg)
{
    uint64_t k = 0;

    prepare(l, leg);
    while (meet(l, leg) == BARRIER_GRANT) {
        k++;
        begin_quantum(l, leg, k);
        collect(l, leg);
        watch_share(l, true);
    }
    finish(l, leg, k);
}

/* --- the thread --- */

static void *lane_main(void *data)
{
    Lane *l = data;

    if (!rank_apply_self(l->rank, l->cpu))
        log_warn("the thread of host CPU %d can't be ranked", l->cpu);
    g_mutex_lock(&l->lock);
    for (;;) {
        while (!l->has_job && !l->quit)
            g_cond_wait(&l->wake, &l->lock);
        if (l->quit)
            break;
        g_mutex_unlock(&l->lock);
        if (l->leg)
            ride(l, l->leg);
        else
            l->func(l->arg);
        l->ended = htime_now();
        g_mutex_lock(&l->lock);
        l->has_job = false;
        l->done(l->done_data);
    }
    g_mutex_unlock(&l->lock);
    return NULL;
}

Lane *lane_new(int cpu, Rank rank)
{
    Lane *l = g_new0(Lane, 1);
    g_autofree char *name = g_strdup_printf("lane-%d", cpu);

    l->cpu = cpu;
    l->rank = rank;
    l->epoll_fd = -1;
    g_mutex_init(&l->lock);
    g_cond_init(&l->wake);
    l->thread = g_thread_new(name, lane_main, l);
    return l;
}

void lane_free(Lane *l)
{
    if (!l)
        return;
    g_mutex_lock(&l->lock);
    l->quit = true;
    g_cond_signal(&l->wake);
    g_mutex_unlock(&l->lock);
    g_thread_join(l->thread);
    g_mutex_clear(&l->lock);
    g_cond_clear(&l->wake);
    g_free(l);
}

int lane_cpu(const Lane *l)
{
    return l->cpu;
}

static void submit(Lane *l, LaneDoneFunc done, void *data)
{
    g_mutex_lock(&l->lock);
    g_assert(!l->has_job);
    l->done = done;
    l->done_data = data;
    l->has_job = true;
    g_cond_signal(&l->wake);
    g_mutex_unlock(&l->lock);
}

void lane_run_leg(Lane *l, Leg *leg, LaneDoneFunc done, void *data)
{
    l->leg = leg;
    submit(l, done, data);
}

void lane_run(Lane *l, void (*func)(void *), void *arg, LaneDoneFunc done, void *data)
{
    l->leg = NULL;
    l->func = func;
    l->arg = arg;
    submit(l, done, data);
}
