/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reverse.c: a way back is one or more passes. A pass puts the ensemble back to a point and runs it
 * forward to a place, with all points of breaks and gdbs taken out, so that nothing is otherwise than
 * it was.
 */
#include "controller/past/reverse.h"

#include "controller/base/units.h"
#include "controller/past/pass.h"
#include "controller/past/past-private.h"
#include "controller/past/repeats.h"
#include "controller/past/search.h"
#include "controller/past/users.h"
#include "controller/past/vcpu-search.h"
#include "controller/qemu/debug.h"
#include "controller/run/breaks.h"
#include "controller/run/peek.h"
#include "controller/run/run.h"
#include "controller/run/trail.h"
#include "controller/save/spares.h"
#include "controller/session/session-error.h"

#include <inttypes.h>
#include <string.h>

typedef struct {
    void (*func)(void *data);
    void *data;
} Service;

struct Reverse {
    Session *session;
    ReverseGoal goal;
    ReverseDoneFunc done;
    void *data;
    GArray *services; /* Service: they wait for the end */
    HTime began, in_runs;
    GError *problem;
    bool settling; /* goes to a point, behind a problem */
    bool searched; /* the ensemble stands where a search has left it: in no state of the branch */
    bool stopping; /* reverse_interrupt() */
    Users *users;  /* what stays as it is now */
    Pass pass;     /* the last one */
    Passing *passing;
    Search *search;
    unsigned next; /* idle source that begins what comes next; 0: none */
    bool (*arrived)(Reverse *reverse, GError **error); /* at the place of `pass`: what is next */
    PassHit hit;                                       /* the one to which it goes */
    bool at_hit;
    unsigned cursor;  /* of the trail, when the search began */
    uint64_t poke;    /* number of the entry that wrote */
    VcpuSearch *vcpu; /* REVERSE_STEP_VCPU */
    ReverseOutcome outcome;
    uint8_t before[REVERSE_MOST_BYTES], after[REVERSE_MOST_BYTES], last[REVERSE_MOST_BYTES];
};

static Reverse *reverse_of(const Session *s)
{
    return s->past ? s->past->reverse : NULL;
}

bool reverse_active(const Session *s)
{
    return reverse_of(s) != NULL;
}

void reverse_leave(Session *s, void *data)
{
    Reverse *r = reverse_of(s);

    if (r && r->data == data)
        r->done = NULL;
}

static void reverse_free(Reverse *r)
{
    g_clear_handle_id(&r->next, g_source_remove);
    g_clear_error(&r->problem);
    pass_free(r->passing);
    search_free(r->search);
    vcpu_search_free(r->vcpu);
    users_free(r->users);
    g_array_unref(r->services);
    g_free(r->hit.why);
    g_free(r);
}

void reverse_end(Session *s)
{
    if (s->past)
        g_clear_pointer(&s->past->reverse, reverse_free);
}

void reverse_service(Session *s, void (*func)(void *data), void *data)
{
    Service service = {func, data};

    if (reverse_active(s))
        g_array_append_val(reverse_of(s)->services, service);
    else
        run_service(s, func, data);
}

/* One of them may start a way back, or a run. */
static void serve(Session *s, const GArray *services)
{
    for (unsigned i = 0; i < services->len; i++) {
        const Service *service = &g_array_index(services, Service, i);

        reverse_service(s, service->func, service->data);
    }
}

static void finish(Reverse *r, const GError *error)
{
    Session *s = r->session;
    ReverseOutcome *o = &r->outcome;
    g_autofree char *now = units_format_seconds(engine_now(s->engine));
    g_autofree char *line = g_strdup_printf("the ensemble went back to %s", now);
    g_autoptr(GError) why = NULL;

    s->past->reverse = NULL;
    s->in_runs = r->in_runs;
    if (!users_give_back(r->users, s, o->end == REVERSE_REACHED ? r->hit.node : NULL,
                         pass_hit_thread(&r->hit), &why) &&
        !error)
        error = why;
    if (error)
        o->end = s->interrupted ? REVERSE_STOPPED : REVERSE_FAILED;
    o->error = error;
    if (o->end == REVERSE_REACHED && r->hit.number > 0)
        breaks_count(s, r->hit.number);
    s->stopped_by = o->end == REVERSE_REACHED ? r->hit.number : 0;
    s->hidden = false;
    s->past->hooks->after(s, line);
    o->host = htime_sub(htime_now(), r->began);
    o->unattended = r->goal.unattended;
    if (r->done)
        r->done(o, r->data);
    serve(s, r->services);
    reverse_free(r);
    if (s->on_change)
        s->on_change();
}

static bool give_up(Reverse *r, GError **error);
static bool settle(Reverse *r, GError **error);

/* Between two passes. */
static void stop_here(Reverse *r)
{
    r->outcome.end = REVERSE_STOPPED;
    r->arrived = r->searched ? settle : give_up;
}

static gboolean on_next(gpointer data)
{
    Reverse *r = data;
    g_autoptr(GError) error = NULL;

    r->next = 0;
    if ((r->stopping || session_stop_requested(r->session)) && !r->settling &&
        r->arrived != give_up && r->arrived != settle)
        stop_here(r);
    g_clear_pointer(&r->passing, pass_free);
    g_clear_pointer(&r->search, search_free);
    if (!r->arrived || !r->arrived(r, &error) || error)
        finish(r, error);
    return G_SOURCE_REMOVE;
}

/* Not from the callback of a pass or a search, which ends it. */
static void go_on(Reverse *r)
{
    r->next = g_idle_add(on_next, r);
}

static bool give_up(Reverse *r, GError **error)
{
    if (r->problem)
        g_propagate_error(error, g_steal_pointer(&r->problem));
    return false;
}

static bool go_to_place(Reverse *r, bool (*arrived)(Reverse *reverse, GError **error));

/* What a pass has left is no state of the branch, or a node has failed: the ensemble goes to the last
 * point before. */
static bool settle(Reverse *r, GError **error)
{
    const PastPoint *point =
        past_point_before(r->session, engine_now(r->session->engine), NULL, (Insns){0});

    if (!point)
        return give_up(r, error);
    r->pass = (Pass){.point = point, .place = {.time = point->time}, .forced = true};
    r->settling = true;
    return go_to_place(r, give_up);
}

/* unsettled: the ensemble can't stay where it is. */
static void stop(Reverse *r, ReverseEnd end, bool unsettled, const GError *error)
{
    r->outcome.end = end;
    if (!r->problem && error)
        r->problem = g_error_copy(error);
    r->arrived = unsettled && !r->settling ? settle : give_up;
    go_on(r);
}

/* The pass has not come to its place, though the run did then. */
static void stop_short(Reverse *r, const RunOutcome *o)
{
    g_autofree char *now = units_format_seconds(engine_now(r->session->engine));
    g_autoptr(GError) error =
        g_error_new(SESSION_ERROR, SESSION_ERROR_FAILED,
                    "the run has not repeated itself: it ended at %s (%s) on its way", now, o->how);

    stop(r, REVERSE_FAILED, true, error);
}

static void on_pass_done(G_GNUC_UNUSED Session *s, const RunOutcome *o, G_GNUC_UNUSED GArray *hits,
                         const GError *error, void *data)
{
    Reverse *r = data;

    r->searched = r->searched && !o;
    if (error)
        stop(r, REVERSE_FAILED, true, error);
    else if (!o || o->end == RUN_STOPPED)
        stop(r, REVERSE_STOPPED, r->searched, NULL);
    else if (o->end == RUN_REACHED)
        go_on(r);
    else
        stop_short(r, o);
}

/* A pass to r->pass.place; arrived: is called there. False from it: that is the end. */
static bool go_to_place(Reverse *r, bool (*arrived)(Reverse *reverse, GError **error))
{
    r->arrived = arrived;
    r->pass.done = on_pass_done;
    r->pass.data = r;
    r->passing = pass_begin(r->session, &r->pass);
    return true;
}

/* --- goals --- */

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

static bool aim(const Session *s, Reverse *r, GError **error)
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

static bool at_place(G_GNUC_UNUSED Reverse *r, G_GNUC_UNUSED GError **error)
{
    return false; /* that is all */
}

static bool begin_way(Reverse *r, G_GNUC_UNUSED GError **error)
{
    return go_to_place(r, at_place);
}

/* --- to a hit --- */

static bool set_users_points(Session *s, bool on, void *data, GError **error)
{
    (void)data;
    return on ? users_set_points(s->past->reverse->users, s, error) : users_put_aside(s, error);
}

static bool set_watch(Session *s, bool on, void *data, GError **error)
{
    const ReverseGoal *goal = &s->past->reverse->goal;

    (void)data;
    if (!on && !node_is_live(goal->node))
        return true;
    return on ? debug_add_access(goal->node, GDB_POINT_WRITE, goal->address, goal->length, error)
              : debug_remove_access(goal->node, GDB_POINT_WRITE, goal->address, goal->length,
                                    error);
}

/* The bytes that were written, as the node has them now. */
static bool read_value(Reverse *r, uint8_t *bytes, GError **error)
{
    Node *n = r->goal.node;

    if (peek_memory(n, 0, r->goal.address, bytes, r->goal.length, false, error))
        return true;
    g_prefix_error(error, "node %s: ", n->name);
    return false;
}

/* Of the vCPU of the hit. */
static bool read_pc(const PassHit *hit, uint64_t *pc, GError **error)
{
    const GdbThread *known = pass_hit_thread(hit);
    GdbThread thread;
    bool ok;

    if (!peek_begin(hit->node, -1, &thread, error))
        return false;
    ok = debug_pc(hit->node, known ? known : &thread, pc, error);
    debug_release(hit->node);
    return ok;
}

/* There was none: where the past begins. */
static bool at_beginning(Reverse *r, G_GNUC_UNUSED GError **error)
{
    r->outcome.end = REVERSE_BEGINNING;
    /* A program's address is mapped to nothing before it runs: its page has come since. */
    if (r->goal.kind == REVERSE_TO_WRITE)
        r->outcome.unseen =
            !read_value(r, r->before, NULL) || memcmp(r->before, r->last, r->goal.length) != 0;
    return false;
}

static bool go_to_beginning(Reverse *r)
{
    r->pass.point = past_first(r->session);
    r->pass.place = (RunGoal){.time = r->pass.point->time};
    return go_to_place(r, at_beginning);
}

/* How far in front of the place of the hit the node is to stand. */
static int64_t distance(const Reverse *r)
{
    if (r->goal.kind == REVERSE_TO_WRITE)
        return 1;
    return !r->goal.for_gdb || !pass_hit_is_of_gdb(&r->hit) ? 0 : r->hit.hit.pending ? -1 : 1;
}

/* The hit's vCPU is not where the hit was. Where a point, or a place from which hits count, stops several
 * vCPUs, the next one has its turn (rr_cpu_thread_fn(), accel/tcg/tcg-accel-ops-rr.c): so a pass with
 * points set is not the branch's own run. Returns false. */
static bool is_elsewhere(Reverse *r, uint64_t pc, GError **error)
{
    const Node *n = r->hit.node;

    if (n->attached || n->options->smp > 1) {
        r->outcome.end = REVERSE_UNSURE;
        r->outcome.why =
            "several vCPUs take other turns where a point stops them, so their last hit "
            "is not known; it was about here";
        return false;
    }
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_FAILED,
                "the run has not repeated itself: node %s stands at 0x%" PRIx64
                ", and stood at 0x%" PRIx64,
                n->name, pc, r->hit.pc);
    return false;
}

/* Where the node stands now: at the hit the clock of the pass was another one (PassHit.skip). */
static void tell_time(Reverse *r)
{
    g_autofree char *why = r->hit.why, *time = NULL;

    time = units_format_seconds(node_ensemble_time(r->hit.node));
    r->hit.why = g_strdup_printf("%s, its time %s", why, time);
}

/* At the hit, as a run that stopped there; a breakpoint is at the pc. */
static bool at_hit(Reverse *r, GError **error)
{
    uint64_t pc = 0;

    if (r->hit.node && r->hit.number > 0)
        tell_time(r);
    r->outcome.number = r->hit.number;
    r->outcome.node = r->hit.node;
    r->outcome.why = r->hit.why;
    r->outcome.hit = pass_hit_is_of_gdb(&r->hit) ? &r->hit.hit : NULL;
    if (r->hit.node && !r->hit.watched && !read_pc(&r->hit, &pc, error))
        return false;
    return r->hit.node && !r->hit.watched && pc != r->hit.pc && is_elsewhere(r, pc, error);
}

static void aim_at_hit(Reverse *r, int64_t less)
{
    const PassHit *hit = &r->hit;

    r->pass.place =
        hit->node
            ? (RunGoal){.time = {RUN_FOR_EVER}, .node = hit->node, .insns = {hit->insns.n - less}}
            : (RunGoal){.time = hit->at};
    r->pass.point = past_point_before(r->session, hit->at, hit->node, r->pass.place.insns);
}

/* --- to a write --- */

static bool behind_write(Reverse *r, GError **error)
{
    ReverseOutcome *o = &r->outcome;

    if (!read_value(r, r->after, error))
        return false;
    o->node = r->goal.node;
    o->by_instruction = true;
    o->insns = r->hit.insns;
    o->time = node_ensemble_time(r->goal.node);
    o->before = r->before;
    o->after = r->after;
    o->unseen = memcmp(r->after, r->last, r->goal.length) != 0;
    return false;
}

static void on_written(const RunOutcome *o, void *data)
{
    Reverse *r = data;

    if (o->end == RUN_REACHED)
        go_on(r);
    else
        stop(r, o->end == RUN_STOPPED ? REVERSE_STOPPED : REVERSE_FAILED, o->end != RUN_STOPPED,
             o->error);
}

/* In front of the instruction that writes: the next one is it. */
static bool before_write(Reverse *r, GError **error)
{
    const RunSpec spec = {
        .goal = {.time = {RUN_FOR_EVER}, .node = r->goal.node, .insns = r->hit.insns},
        .again = true};

    if (!read_value(r, r->before, error) || !read_pc(&r->hit, &r->outcome.pc, error))
        return false;
    if (r->hit.hit.finished && r->outcome.pc != r->hit.hit.by)
        return is_elsewhere(r, r->outcome.pc, error);
    r->arrived = behind_write;
    return run_start(r->session, &spec, on_written, r, error);
}

/* What wrote by a command or a gdb comes behind the last instruction that did; NULL: nothing. */
static const TrailItem *last_poke(const Reverse *r, bool any_hit)
{
    Session *s = r->session;

    for (unsigned i = r->cursor; i-- > 0;) {
        const TrailItem *item = trail_item(s, i);
        const JournalEntry *e = item->entry;

        if (any_hit &&
            (item->from.ns < r->hit.at.ns || (item->alone && item->insns.n < r->hit.insns.n)))
            return NULL;
        if (e && e->kind == JOURNAL_MEMORY && item->node == r->goal.node && !e->physical &&
            e->address < r->goal.address + r->goal.length &&
            r->goal.address < e->address + g_bytes_get_size(e->data))
            return item;
    }
    return NULL;
}

/* In front of what was written from outside: it is given again when the ensemble goes on. */
static bool at_poke(Reverse *r, GError **error)
{
    ReverseOutcome *o = &r->outcome;

    o->node = r->goal.node;
    o->entry = r->poke;
    o->insns = r->goal.node->clock.icount;
    o->time = node_ensemble_time(r->goal.node);
    o->before = r->before;
    o->after = r->after;
    if (!read_value(r, r->before, error))
        return false;
    o->unseen = memcmp(r->after, r->last, r->goal.length) != 0;
    return false;
}

static bool go_to_poke(Reverse *r, const TrailItem *item)
{
    const JournalEntry *e = item->entry;
    gsize size;
    const uint8_t *bytes = g_bytes_get_data(e->data, &size);

    memcpy(r->after, r->last, r->goal.length);
    for (unsigned i = 0; i < r->goal.length; i++)
        if (r->goal.address + i >= e->address && r->goal.address + i - e->address < size)
            r->after[i] = bytes[r->goal.address + i - e->address];
    r->poke = e->number;
    r->pass.place =
        item->alone ? (RunGoal){.time = {RUN_FOR_EVER}, .node = r->goal.node, .insns = item->insns}
                    : (RunGoal){.time = item->time};
    r->pass.point = past_point_before(r->session, item->from, r->goal.node, item->insns);
    return go_to_place(r, at_poke);
}

static bool go_to_found(Reverse *r, G_GNUC_UNUSED GError **error)
{
    const TrailItem *poke = r->goal.kind == REVERSE_TO_WRITE ? last_poke(r, r->at_hit) : NULL;

    if (poke)
        return go_to_poke(r, poke);
    if (!r->at_hit)
        return go_to_beginning(r);
    aim_at_hit(r, distance(r));
    return go_to_place(r, r->goal.kind == REVERSE_TO_WRITE ? before_write : at_hit);
}

static void on_search_done(Session *s, const PassHit *hit, bool stopped, const GError *error,
                           void *data)
{
    Reverse *r = data;

    (void)s;
    r->searched = true;
    if (stopped || error) {
        stop(r, error ? REVERSE_FAILED : REVERSE_STOPPED, true, error);
        return;
    }
    r->at_hit = hit != NULL;
    if (hit) {
        r->hit = *hit;
        r->hit.why = g_strdup(hit->why);
    }
    r->arrived = go_to_found;
    go_on(r);
}

static bool begin_search(Reverse *r, G_GNUC_UNUSED GError **error)
{
    r->cursor = trail_cursor(r->session);
    r->search =
        search_begin(r->session, r->goal.kind == REVERSE_TO_WRITE ? set_watch : set_users_points,
                     r->goal.for_gdb, on_search_done, r);
    return true;
}

/* --- by instructions of one vCPU --- */

static bool at_probe(Reverse *r, GError **error);
static bool begin_probes(Reverse *r, GError **error);

static bool probe(Reverse *r, GError **error)
{
    Insns next;

    switch (vcpu_search_next(r->vcpu, &next)) {
    case VCPU_SEARCH_HERE:
        return --r->goal.count > 0 && begin_probes(r, error);
    case VCPU_SEARCH_NEVER:
        return go_to_beginning(r);
    case VCPU_SEARCH_GO:
        r->pass.place = (RunGoal){.time = {RUN_FOR_EVER}, .node = r->goal.node, .insns = next};
        r->pass.point = past_point_before(r->session, vtime(INT64_MAX), r->goal.node, next);
        return go_to_place(r, at_probe);
    }
    g_assert_not_reached();
}

static bool begin_probes(Reverse *r, GError **error)
{
    Node *n = r->goal.node;
    Insns first = past_insns_at(past_first(r->session), r->session, n);

    g_clear_pointer(&r->vcpu, vcpu_search_free);
    r->vcpu = vcpu_search_new(n, r->goal.vcpu, first, error);
    return r->vcpu && probe(r, error);
}

static bool at_probe(Reverse *r, GError **error)
{
    return vcpu_search_look(r->vcpu, error) && probe(r, error);
}

/* --- --- */

bool reverse_can(const Session *s, bool anyway, GError **error)
{
    if (!s->past && !s->options.dry) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                    "there is no past: `start` comes first");
        return false;
    }
    return repeats_check(s, anyway, error);
}

/* Before anything changes; a search, which has no place yet, begins at the last point before now. */
static bool can_put_back(const Reverse *r, GError **error)
{
    const PastPoint *point = r->pass.point;

    if (!point)
        point = past_point_before(r->session, engine_now(r->session->engine), NULL, (Insns){0});
    return past_check(r->session, point, error);
}

bool reverse_start(Session *s, const ReverseGoal *goal, ReverseDoneFunc done, void *data,
                   GError **error)
{
    bool searches = goal->kind == REVERSE_CONTINUE || goal->kind == REVERSE_TO_WRITE;
    Reverse *r;

    g_assert(!run_active(s) && !reverse_active(s));
    if (!reverse_can(s, goal->anyway, error))
        return false;
    engine_settle_clocks(s->engine);
    r = g_new0(Reverse, 1);
    r->session = s;
    r->goal = *goal;
    r->services = g_array_new(FALSE, FALSE, sizeof(Service));
    if (!aim(s, r, error) || !can_put_back(r, error) ||
        (goal->kind == REVERSE_TO_WRITE && !read_value(r, r->last, error))) {
        reverse_free(r);
        return false;
    }
    r->done = done;
    r->data = data;
    r->began = htime_now();
    r->in_runs = s->in_runs;
    r->users = users_new(s, s->past->hooks->look);
    s->past->reverse = r;
    spares_want(s, true); /* who goes back once goes back again */
    s->past->hooks->before(s);
    s->hidden = true;
    r->arrived = searches                          ? begin_search
                 : goal->kind == REVERSE_STEP_VCPU ? begin_probes
                                                   : begin_way;
    go_on(r);
    return true;
}

void reverse_interrupt(Session *s)
{
    Reverse *r = reverse_of(s);

    if (!r)
        return;
    r->stopping = true;
    run_pause(s, NULL);
}
