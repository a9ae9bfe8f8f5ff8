/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker.c: the thread of a worker and its quantum loop.
 *
 * In every quantum the worker sends its nodes on, waits with epoll until each of them stands at
 * its gate, is at rest or is out, and then meets the other workers.
 */
#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/engine/worker-private.h"
#include "controller/fabric/nics.h"
#include "controller/qemu/consoles.h"
#include "controller/qemu/debug.h"
#include "controller/qemu/ending.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

/* In a long quantum the consoles of running nodes are drained this often, so that no guest fills
 * its console's pipe. */
#define DRAIN_MS 20

#define MAX_EVENTS 64

/* Which descriptor of a node became readable: the lower bits of an epoll tag. */
enum { TAG_NOTE, TAG_QMP, TAG_STUB, TAG_BITS = 2, TAG_MASK = 3 };

/* --- a quantum --- */

static void begin_quantum(Worker *w, Segment *segment, uint64_t k)
{
    w->until = segment_boundary(segment, k);
    quanta_begin(&w->quanta, segment->granted, w->until);
    for (unsigned i = 0; i < w->n_nodes; i++) {
        WorkerNode *wn = &w->nodes[i];

        if (wn->place == PLACE_REST)
            worker_node_resume(w, segment, wn, k);
        else if (wn->place == PLACE_GATE)
            worker_node_go_on(w, segment, wn, k);
    }
}

static void handle(Worker *w, Segment *segment, const struct epoll_event *event)
{
    WorkerNode *wn = &w->nodes[event->data.u32 >> TAG_BITS];

    if (wn->place == PLACE_OUT)
        return; /* the node went out earlier in this round */
    switch (event->data.u32 & TAG_MASK) {
    case TAG_NOTE:
        worker_node_on_note(w, segment, wn);
        break;
    case TAG_QMP:
        worker_node_on_qmp(w, segment, wn);
        break;
    case TAG_STUB:
        worker_node_on_stub(w, segment, wn);
        break;
    }
}

/* Looks after the nodes that run in the present quantum. */
static void look_after(Worker *w, Segment *segment)
{
    bool hurry = segment->hurry && atomic_load(segment->hurry);

    for (unsigned i = 0; i < w->n_nodes; i++) {
        WorkerNode *wn = &w->nodes[i];

        if (wn->place != PLACE_RUNNING)
            continue;
        node_drain(wn->node, w->until);
        nics_read(wn->node);
        freeze_look(&wn->freeze, wn->node, segment->granted, segment->quantum);
        if (hurry)
            worker_node_halt(w, segment, wn);
        else if (segment->hurry &&
                 freeze_is_stuck(&wn->freeze, wn->node, w->until, segment->quantum))
            worker_node_examine(w, segment, wn);
    }
}

/* Looks after the running nodes every DRAIN_MS, however often events wake the worker. idle: no
 * event came for that long. */
static void look_around(Worker *w, Segment *segment, bool idle)
{
    HTime now = htime_now();

    if (!idle && htime_sub(now, w->looked).ns < DRAIN_MS * NS_PER_MS)
        return;
    w->looked = now;
    look_after(w, segment);
    vcpu_boost_watch(&w->boost, false);
}

/* Waits until each node of the worker stands at its gate, is at rest, or is out. */
static void collect(Worker *w, Segment *segment)
{
    struct epoll_event events[MAX_EVENTS];

    while (w->running > 0) {
        int n = epoll_wait(w->epoll_fd, events, MAX_EVENTS, DRAIN_MS);

        for (int i = 0; i < n; i++)
            handle(w, segment, &events[i]);
        if (w->running > 0)
            look_around(w, segment, n == 0);
    }
}

/* --- a segment --- */

static bool watch(Worker *w, int fd, uint32_t tag, GError **error)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = tag};

    if (epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
        return true;
    g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "epoll: %s", g_strerror(errno));
    return false;
}

/* Adds a node that is at rest to the segment. node_schedule() also sets the priorities of
 * threads that QEMU has started since the last segment. */
static void add(Worker *w, WorkerNode *wn, unsigned i)
{
    GError *error = NULL;
    Node *n = wn->node;

    n->life.stopped = false;
    if (worker_node_check_end(w, wn)) /* the node's end was reported while it stood */
        return;
    n->quanta = &w->quanta;
    if (!n->gate)
        n->gate = gate_new(n, &error);
    if (!n->gate || !node_schedule(n, w->sched, &error) ||
        !watch(w, gate_note_fd(n->gate), i << TAG_BITS | TAG_NOTE, &error) ||
        !watch(w, qmp_client_fd(n->qmp), i << TAG_BITS | TAG_QMP, &error) ||
        (debug_armed(n) &&
         !watch(w, gdb_client_fd(debug_client(n)), i << TAG_BITS | TAG_STUB, &error)))
        worker_node_fail(w, wn, error);
}

static void prepare(Worker *w, Segment *segment)
{
    w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    w->nodes = g_new0(WorkerNode, segment->n_participants);
    w->n_nodes = w->running = 0;
    w->node_failed = false;
    quanta_begin(&w->quanta, htime_now(), segment->now);
    for (unsigned i = 0; i < segment->n_participants; i++) {
        WorkerNode *wn = &w->nodes[w->n_nodes];

        if (segment->participants[i].node->cpu != w->cpu)
            continue;
        *wn = (WorkerNode){.participant = &segment->participants[i],
                           .node = segment->participants[i].node};
        wn->place = node_is_live(wn->node) ? PLACE_REST : PLACE_OUT;
        w->n_nodes++;
        vcpu_boost_add(&w->boost, wn->node);
        if (wn->place == PLACE_REST)
            add(w, wn, w->n_nodes - 1);
    }
    vcpu_boost_begin(&w->boost);
}

static bool all_out(const Worker *w)
{
    for (unsigned i = 0; i < w->n_nodes; i++)
        if (w->nodes[i].place != PLACE_OUT)
            return false;
    return true;
}

static BarrierAction meet(Worker *w, Segment *segment)
{
    BarrierEvent event = BARRIER_EV_ARRIVED;

    if (w->node_failed)
        event = BARRIER_EV_FAILED;
    else if (all_out(w))
        event = BARRIER_EV_LEFT;
    w->node_failed = false;
    return segment_rendezvous(segment, event, &w->patience);
}

static void finish_segment(Worker *w, const Segment *segment, uint64_t k)
{
    for (unsigned i = 0; i < w->n_nodes; i++) {
        WorkerNode *wn = &w->nodes[i];

        if (wn->place == PLACE_GATE)
            worker_node_rest(w, segment, wn, k);
        wn->node->quanta = NULL;
        if (wn->place != PLACE_OUT) {
            node_drain(wn->node, w->until);
            nics_read(wn->node);
            node_rest_main(wn->node, true);
        }
    }
    fd_clear(&w->epoll_fd);
    g_clear_pointer(&w->nodes, g_free);
}

static void run(Worker *w, Segment *segment)
{
    uint64_t k = 0;

    prepare(w, segment);
    while (meet(w, segment) == BARRIER_GRANT) {
        k++;
        begin_quantum(w, segment, k);
        collect(w, segment);
        vcpu_boost_watch(&w->boost, true);
    }
    finish_segment(w, segment, k);
}

/* --- the thread --- */

static void release_gate(Node *n)
{
    g_clear_pointer(&n->gate, gate_free);
}

static void *worker_main(void *data)
{
    Worker *w = data;

    if (!sched_apply_self(w->sched, w->cpu))
        log_warn("the thread of host CPU %d can't be ranked", w->cpu);
    g_mutex_lock(&w->lock);
    for (;;) {
        while (!w->has_job && !w->quit)
            g_cond_wait(&w->wake, &w->lock);
        if (w->quit)
            break;
        g_mutex_unlock(&w->lock);
        if (w->segment)
            run(w, w->segment);
        else
            w->func(w->arg);
        vcpu_boost_end(&w->boost);
        g_mutex_lock(&w->lock);
        w->has_job = false;
        w->done(w->done_data);
    }
    g_mutex_unlock(&w->lock);
    return NULL;
}

Worker *worker_new(int cpu, SchedMode sched)
{
    Worker *w = g_new0(Worker, 1);
    g_autofree char *name = g_strdup_printf("worker-%d", cpu);

    w->cpu = cpu;
    w->sched = sched;
    w->epoll_fd = -1;
    vcpu_boost_init(&w->boost, cpu, sched);
    node_on_exit(release_gate);
    g_mutex_init(&w->lock);
    g_cond_init(&w->wake);
    w->thread = g_thread_new(name, worker_main, w);
    return w;
}

void worker_free(Worker *w)
{
    if (!w)
        return;
    g_mutex_lock(&w->lock);
    w->quit = true;
    g_cond_signal(&w->wake);
    g_mutex_unlock(&w->lock);
    g_thread_join(w->thread);
    vcpu_boost_clear(&w->boost);
    g_mutex_clear(&w->lock);
    g_cond_clear(&w->wake);
    g_free(w);
}

int worker_cpu(const Worker *w)
{
    return w->cpu;
}

static void submit(Worker *w, WorkerDoneFunc done, void *data)
{
    g_mutex_lock(&w->lock);
    g_assert(!w->has_job);
    w->done = done;
    w->done_data = data;
    w->has_job = true;
    g_cond_signal(&w->wake);
    g_mutex_unlock(&w->lock);
}

void worker_run_segment(Worker *w, Segment *segment, WorkerDoneFunc done, void *data)
{
    w->segment = segment;
    submit(w, done, data);
}

void worker_run(Worker *w, void (*func)(void *), void *arg, WorkerDoneFunc done, void *data)
{
    w->segment = NULL;
    w->func = func;
    w->arg = arg;
    submit(w, done, data);
}
