/* SPDX-License-Identifier: GPL-3.0-or-later */
/* past.c: keeps the points, puts the ensemble back to one, and makes checkpoints on the way. */
#include "controller/past/past.h"

#include "controller/base/log.h"
#include "controller/base/units.h"
#include "controller/past/past-private.h"
#include "controller/past/users.h"
#include "controller/run/trail.h"
#include "controller/save/nodes.h"
#include "controller/save/restart.h"
#include "controller/save/spares.h"
#include "controller/session/journal.h"
#include "controller/session/session-error.h"

#include <inttypes.h>

/* Data of checkpoints that are kept where the user does not say how much. */
#define KEEP 50

static void point_free(void *data)
{
    PastPoint *p = data;

    if (p->own)
        g_byte_array_unref(p->own);
    if (p->files)
        g_ptr_array_unref(p->files);
    save_free(p->save);
    g_free(p->name);
    g_array_unref(p->stands);
    g_free(p);
}

/* --- where nodes stand --- */

static GArray *stands_now(const Session *s)
{
    GArray *stands = g_array_new(FALSE, TRUE, sizeof(PastStand));

    for (unsigned i = 0; i < s->nodes->len; i++) {
        const Node *n = s->nodes->pdata[i];
        PastStand stand = {n->clock.icount, n->clock.bias};

        g_array_append_val(stands, stand);
    }
    return stands;
}

/* A run that does not repeat itself is found out here, at the latest. */
static bool stands_are(const Session *s, const PastPoint *p, GError **error)
{
    for (unsigned i = 0; i < s->nodes->len && i < p->stands->len; i++) {
        const Node *n = s->nodes->pdata[i];
        const PastStand *then = &g_array_index(p->stands, PastStand, i);
        g_autofree char *time = units_format_seconds(p->time);

        if (!node_is_live(n) || !n->icount.enabled || n->icount.sleep_on ||
            (n->clock.icount.n == then->insns.n && n->clock.bias.ns == then->bias.ns))
            continue;
        g_set_error(
            error, SESSION_ERROR, SESSION_ERROR_FAILED,
            "the run has not repeated itself: at %s node %s stood behind %" PRId64
            " instructions with a bias of %" PRId64 " ns, and now behind %" PRId64 " with %" PRId64,
            time, n->name, then->insns.n, then->bias.ns, n->clock.icount.n, n->clock.bias.ns);
        return false;
    }
    return true;
}

/* --- the trail's saves --- */

static bool run_command(Session *s, char *const *words, GError **error)
{
    return s->past->hooks->command(s, words, error);
}

static void drop_point(Session *s, void *save)
{
    g_ptr_array_remove(s->past->points, save);
}

static unsigned kept_checkpoints(const Session *s)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < s->past->points->len; i++) {
        const PastPoint *p = s->past->points->pdata[i];

        kept += p->kind == POINT_CHECKPOINT && p->save;
    }
    return kept;
}

/* Thins out checkpoints: the newest half of what is kept stays dense, and in front of that the point
 * goes that leaves the smallest gap, measured by how old it is. */
static bool thin_one(Session *s)
{
    const GPtrArray *points = s->past->points;
    VTime now = engine_now(s->engine);
    unsigned kept = kept_checkpoints(s), newest = 0;
    PastPoint *worst = NULL;
    double least = 0;
    VTime before = vtime(0);

    for (unsigned i = 0; i < points->len; i++) {
        PastPoint *p = points->pdata[i];
        const PastPoint *next = NULL;
        double weight;

        if (!p->save && p->kind != POINT_START)
            continue;
        for (unsigned k = i + 1; k < points->len && !next; k++)
            if (((PastPoint *)points->pdata[k])->save)
                next = points->pdata[k];
        if (p->kind == POINT_CHECKPOINT && next && newest++ < kept - MAX(kept / 2, 1)) {
            weight = (double)(next->time.ns - before.ns) /
                     (double)MAX(llabs((long long)(now.ns - p->time.ns)), 1);
            if (!worst || weight < least) {
                worst = p;
                least = weight;
            }
        }
        before = p->time;
    }
    if (!worst)
        return false;
    g_clear_pointer(&worst->save, save_free);
    return true;
}

static void thin(Session *s)
{
    while (kept_checkpoints(s) > s->past->keep && thin_one(s))
        ;
}

static bool all_live(const Session *s)
{
    for (unsigned i = 0; i < s->nodes->len; i++)
        if (((const Node *)s->nodes->pdata[i])->state == NODE_FAILED)
            return false;
    return true;
}

/* Makes a save of what stands here. Where there is no room for one, older checkpoints go. NULL: there
 * is none for it; the ensemble has gone on in new processes then, too. */
static Save *make(Session *s, GError **error)
{
    g_autoptr(GError) why = NULL;
    Save *save = save_make(s, NULL, &why);

    while (!save && !session_stop_requested(s) && all_live(s) && thin_one(s)) {
        if (!s->past->thinning)
            log_warn("checkpoints are thinned out: %s", why->message);
        s->past->thinning = true;
        g_clear_error(&why);
        save = save_make(s, NULL, &why);
    }
    if (save)
        return save;
    if (all_live(s)) {
        if (s->past->every.ns > 0)
            log_warn("no more checkpoints are made: %s", why->message);
        s->past->every = vtime(0);
    } else {
        g_propagate_error(error, g_steal_pointer(&why));
    }
    return NULL;
}

/* Goes on from a point that was thinned out, whose data is there again then. */
static bool fill(Session *s, PastPoint *p, GError **error)
{
    g_autoptr(GError) why = NULL;
    Save *save = make(s, &why);

    if (why) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    p->save = save;
    if (save && !save_go_on(s, save, error))
        return false;
    thin(s);
    return true;
}

static bool pass_point(Session *s, void *data, GError **error)
{
    PastPoint *p = data;

    engine_settle_clocks(s->engine);
    if (!stands_are(s, p, error))
        return false;
    if (p->kind == POINT_SAVE)
        journal_command(s, NULL, "save", (char *const[]){p->name, NULL});
    return p->save ? save_resume(s, p->save, error) : fill(s, p, error);
}

static bool take_up(Session *s, GError **error)
{
    const PastPoint *p = past_point_before(s, engine_now(s->engine), NULL, (Insns){0});
    VTime now = engine_now(s->engine);
    Users *users = users_new(s, s->past->hooks->look);
    bool ok;

    if (!p) {
        users_free(users);
        return true;
    }
    s->hidden = true;
    s->past->hooks->before(s);
    ok = users_put_aside(s, error) && past_put_back(s, p, error) && users_put_aside(s, error);
    ok = users_give_back(users, s, NULL, NULL, ok ? error : NULL) && ok;
    s->hidden = false;
    s->hidden_until = now;
    users_free(users);
    return ok;
}

static VTime next_checkpoint(const Session *s)
{
    int64_t every = s->past->every.ns, quantum = engine_quantum(s->engine).ns, at;

    if (every == 0 || s->past->reverse)
        return vtime(RUN_FOR_EVER);
    at = s->past->last.ns - s->past->last.ns % every + every;
    return vtime((at + quantum - 1) / quantum * quantum);
}

static void add_point(Session *s, PastPoint *p)
{
    trail_add_save(s, p);
    p->cursor = trail_count(s);
    g_ptr_array_add(s->past->points, p);
}

static PastPoint *point_new(const Session *s, PastPointKind kind)
{
    PastPoint *p = g_new0(PastPoint, 1);

    p->kind = kind;
    p->time = engine_now(s->engine);
    p->stands = stands_now(s);
    return p;
}

static bool make_checkpoint(Session *s, GError **error)
{
    PastPoint *p;

    s->past->last = engine_now(s->engine);
    engine_settle_clocks(s->engine);
    p = point_new(s, POINT_CHECKPOINT);
    add_point(s, p);
    return fill(s, p, error);
}

static const TrailHooks trail_hooks = {
    .command = run_command,
    .pass_save = pass_point,
    .drop_save = drop_point,
    .take_up = take_up,
    .next_save = next_checkpoint,
    .make_save = make_checkpoint,
};

/* --- the past of a session --- */

static void begin(Session *s, const PastHooks *hooks)
{
    VTime every = s->past ? s->past->every : vtime(0);
    unsigned keep = s->past ? s->past->keep : KEEP;

    past_free(s);
    s->captured_until = vtime(-1);
    s->past = g_new0(struct Past, 1);
    s->past->hooks = hooks;
    s->past->points = g_ptr_array_new_with_free_func(point_free);
    s->past->every = every;
    s->past->keep = keep;
    s->past->last = engine_now(s->engine);
    trail_begin(s, &trail_hooks);
}

void past_begin(Session *s, const PastHooks *hooks, const char *why)
{
    PastPoint *p;

    if (s->options.dry)
        return;
    begin(s, hooks);
    s->past->why = g_strdup(why);
    if (why || engine_now(s->engine).ns > 0)
        return;
    if (!restart_can(s, NULL)) {
        s->past->why = g_strdup("a node was attached, so that it can't be started anew");
        return;
    }
    own_state_settle(s);
    p = point_new(s, POINT_START);
    p->own = g_byte_array_new();
    own_state_put(s, p->own);
    p->files = save_files_new(s);
    g_ptr_array_add(s->past->points, p);
}

void past_free(Session *s)
{
    struct Past *past = s->past;

    if (!past)
        return;
    g_ptr_array_unref(past->points);
    g_free(past->why);
    g_free(past);
    s->past = NULL;
    trail_free(s);
}

void past_add_save(Session *s, Save *save)
{
    PastPoint *p;

    if (!s->past)
        return;
    p = point_new(s, POINT_SAVE);
    p->save = save_ref(save);
    p->name = g_strdup(save->name);
    add_point(s, p);
}

void past_drop_save(Session *s, const Save *save)
{
    for (unsigned i = 0; s->past && i < s->past->points->len; i++) {
        PastPoint *p = s->past->points->pdata[i];

        if (p->save == save)
            g_clear_pointer(&p->save, save_free);
    }
}

void past_drop_host(Session *s, const RemoteHost *host)
{
    for (unsigned i = 0; s->past && i < s->past->points->len; i++) {
        PastPoint *p = s->past->points->pdata[i];

        if (p->save && save_keeps(p->save, host))
            g_clear_pointer(&p->save, save_free);
    }
}

static const PastPoint *point_of(const Session *s, const Save *save)
{
    for (unsigned i = 0; s->past && i < s->past->points->len; i++)
        if (((const PastPoint *)s->past->points->pdata[i])->save == save)
            return s->past->points->pdata[i];
    return NULL;
}

void past_restored(Session *s, const PastHooks *hooks, Save *save)
{
    const PastPoint *known = point_of(s, save);
    PastPoint *p;

    if (known) { /* what came behind it is another branch */
        trail_put_back(s, known->cursor);
        trail_cut(s);
        s->captured_until = vtime(-1); /* as the log of what was done */
        s->past->last = known->time;
        return;
    }
    begin(s, hooks);
    engine_settle_clocks(s->engine);
    p = point_new(s, POINT_SAVE);
    p->save = save_ref(save);
    p->name = g_strdup(save->name);
    g_ptr_array_add(s->past->points, p);
}

static bool has_data(const PastPoint *p)
{
    return p->own || p->save;
}

static int index_of(const Session *s, const Node *node)
{
    guint index;

    return g_ptr_array_find(s->nodes, node, &index) ? (int)index : -1;
}

Insns past_insns_at(const PastPoint *point, const Session *s, const Node *node)
{
    int index = index_of(s, node);

    return index >= 0 && index < (int)point->stands->len
               ? g_array_index(point->stands, PastStand, index).insns
               : (Insns){0};
}

/* Whether nothing has come at the point's own time in front of it: what stood there first stands at it. */
static bool is_first_there(const Session *s, const PastPoint *p)
{
    for (unsigned i = p->cursor; i-- > 0;) {
        const TrailItem *item = trail_item(s, i);
        bool stopped = item->kind == TRAIL_PLACE && !item->alone;

        if (item->from.ns < p->time.ns)
            return true;
        if (item->kind != TRAIL_SAVE && !stopped)
            return false;
    }
    return true;
}

/* index: of the node whose count of instructions is meant; below 0: of none. */
static bool is_in_front(const Session *s, const PastPoint *p, VTime time, int index, Insns insns)
{
    bool first = p == past_first(s);
    int64_t stand;

    if (p->time.ns > time.ns || (p->time.ns == time.ns && !first && !is_first_there(s, p)))
        return false;
    if (index < 0)
        return true;
    if (index >= (int)p->stands->len)
        return false;
    stand = g_array_index(p->stands, PastStand, index).insns.n;
    return stand < insns.n || (stand == insns.n && first);
}

const PastPoint *past_point_before(const Session *s, VTime time, const Node *node, Insns insns)
{
    int index = node ? index_of(s, node) : -1;

    for (unsigned i = s->past->points->len; i-- > 0;) {
        const PastPoint *p = s->past->points->pdata[i];

        if (has_data(p) && is_in_front(s, p, time, index, insns))
            return p;
    }
    return NULL;
}

const PastPoint *past_first(const Session *s)
{
    for (unsigned i = 0; s->past && i < s->past->points->len; i++)
        if (has_data(s->past->points->pdata[i]))
            return s->past->points->pdata[i];
    return NULL;
}

const PastPoint *past_point_in_front(const Session *s, const PastPoint *point)
{
    const PastPoint *before = NULL;

    for (unsigned i = 0; i < s->past->points->len && s->past->points->pdata[i] != point; i++)
        if (has_data(s->past->points->pdata[i]))
            before = s->past->points->pdata[i];
    return before;
}

const char *past_why(const Session *s)
{
    return s->past ? s->past->why : NULL;
}

static bool restart(Session *s, const PastPoint *p, GError **error)
{
    return restart_all(s, error) && own_state_get(s, p->own, s->past->hooks->look, error);
}

bool past_check(const Session *s, const PastPoint *p, GError **error)
{
    return p->own ? save_files_check(p->files, error) && nodes_have_programs(s, NULL, error)
                  : save_check(s, p->save, error);
}

bool past_put_back(Session *s, const PastPoint *p, GError **error)
{
    VTime front = engine_now(s->engine);

    if (!past_check(s, p, error) || !(p->own ? restart(s, p, error)
                                             : save_restore(s, p->save, NULL, s->past->hooks->look,
                                                            s->past->hooks->leave, error)))
        return false;
    trail_put_back(s, p->cursor);
    if (s->report)
        report_rewind(s->report, p->time);
    s->past->last = p->time;
    s->hidden_until = vtime(0);
    s->captured_until = vtime(MAX(s->captured_until.ns, front.ns));
    return true;
}

/* --- checkpoints --- */

void past_set_checkpoints(Session *s, VTime every, unsigned keep)
{
    s->past->every = every;
    s->past->thinning = false;
    s->past->last = engine_now(s->engine);
    if (keep > 0)
        s->past->keep = keep;
    spares_want(s, every.ns > 0);
    thin(s);
}

VTime past_every(const Session *s)
{
    return s->past ? s->past->every : vtime(0);
}

unsigned past_keep(const Session *s)
{
    return s->past ? s->past->keep : KEEP;
}

unsigned past_count(const Session *s)
{
    return s->past ? s->past->points->len : 0;
}

const PastPoint *past_point(const Session *s, unsigned index)
{
    return s->past->points->pdata[index];
}

uint64_t past_point_bytes(const PastPoint *p)
{
    return (p->own ? p->own->len : 0) +
           (p->save ? (uint64_t)MAX(save_own_bytes(p->save), 0) + p->save->own->len : 0);
}
