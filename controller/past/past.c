/* SPDX-License-Identifier: GPL-3.0-or-later */
/* past.c: keeps the points, and puts the ensemble back to one. */
#include "controller/past/past.h"

#include "controller/base/units.h"
#include "controller/fabric/fabric.h"
#include "controller/past/past-private.h"
#include "controller/past/users.h"
#include "controller/run/trail.h"
#include "controller/save/nodes.h"
#include "controller/save/restart.h"
#include "controller/save/save-folder.h"
#include "controller/session/journal.h"
#include "controller/session/session-error.h"

#include <inttypes.h>
#include <string.h>

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

static bool pass_point(Session *s, void *data, GError **error)
{
    PastPoint *p = data;

    engine_settle_clocks(s->engine);
    if (!stands_are(s, p, error))
        return false;
    if (p->kind == POINT_SAVE)
        journal_command(s, NULL, "save", (char *const[]){p->name, NULL});
    return p->save ? save_resume(s, p->save, error) : past_fill(s, p, error);
}

void past_hide(Session *s)
{
    s->captured_until = vtime(MAX(s->captured_until.ns, engine_now(s->engine).ns));
    s->hidden = true;
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
    past_hide(s);
    s->past->hooks->before(s);
    ok = users_put_aside(s, error) && past_put_back(s, p, error) && users_put_aside(s, error);
    ok = users_give_back(users, s, NULL, NULL, ok ? error : NULL) && ok;
    s->hidden = false;
    s->hidden_until = now;
    users_free(users);
    return ok;
}

void past_add_point(Session *s, PastPoint *p)
{
    trail_add_save(s, p);
    p->cursor = trail_count(s);
    g_ptr_array_add(s->past->points, p);
}

PastPoint *past_point_new(const Session *s, PastPointKind kind)
{
    PastPoint *p = g_new0(PastPoint, 1);

    p->kind = kind;
    p->time = engine_now(s->engine);
    p->stands = stands_now(s);
    return p;
}

static const TrailHooks trail_hooks = {
    .command = run_command,
    .pass_save = pass_point,
    .drop_save = drop_point,
    .take_up = take_up,
    .next_save = past_next_checkpoint,
    .make_save = past_make_checkpoint,
};

/* --- the past of a session --- */

static void begin(Session *s, const PastHooks *hooks)
{
    VTime every = s->past ? s->past->every : vtime(0);
    unsigned keep = s->past ? s->past->keep : PAST_KEEP;

    past_free(s);
    s->captured_until = vtime(-1);
    s->past = g_new0(struct Past, 1);
    s->past->hooks = hooks;
    s->past->points = g_ptr_array_new_with_free_func(point_free);
    s->past->every = every;
    s->past->keep = keep;
    s->past->last = engine_now(s->engine);
    trail_begin(s, &trail_hooks);
    fabric_begin_gateways(s->fabric, engine_now(s->engine));
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
    p = past_point_new(s, POINT_START);
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
    p = past_point_new(s, POINT_SAVE);
    p->save = save_ref(save);
    p->name = g_strdup(save->name);
    past_add_point(s, p);
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
    p = past_point_new(s, POINT_SAVE);
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
        if (item->kind != TRAIL_SAVE && item->kind != TRAIL_BRAKES && !stopped)
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

bool past_has_save(const Session *s)
{
    for (unsigned i = 0; s->past && i < s->past->points->len; i++)
        if (((const PastPoint *)s->past->points->pdata[i])->save)
            return true;
    return false;
}

const char *past_why(const Session *s)
{
    return s->past ? s->past->why : NULL;
}

static bool restart(Session *s, const PastPoint *p, GError **error)
{
    return restart_all(s, error) && own_state_get(s, p->own, s->past->hooks->look, error);
}

/* Whether the machines have taken over the RAM of the save, which was read from its folder. */
static bool is_spent(const Save *save)
{
    for (unsigned i = 0; i < save->nodes->len; i++)
        if (((const SaveNode *)save->nodes->pdata[i])->machine.once)
            return true;
    return false;
}

static bool is_same(const Save *a, const Save *b)
{
    return g_strcmp0(a->date, b->date) == 0 && a->own->len == b->own->len &&
           memcmp(a->own->data, b->own->data, a->own->len) == 0;
}

/* Such a save is read from its folder again, to stay. */
static bool read_again(PastPoint *p, GError **error)
{
    g_autoptr(Save) again = NULL;

    if (!p->save || !is_spent(p->save))
        return true;
    again = save_folder_read(p->save->path, true, error);
    if (!again) {
        g_prefix_error(error, "no way back to where the past begins: ");
        return false;
    }
    if (!is_same(again, p->save)) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_FAILED,
                    "no way back to where the past begins: %s has another save by now",
                    p->save->path);
        return false;
    }
    for (unsigned i = 0; i < again->nodes->len; i++)
        ((SaveNode *)again->nodes->pdata[i])->machine.once = false;
    save_free(p->save);
    p->save = g_steal_pointer(&again);
    return true;
}

bool past_check(const Session *s, const PastPoint *p, GError **error)
{
    return p->own ? save_files_check(p->files, error) && nodes_have_programs(s, NULL, error)
                  : save_check(s, p->save, error);
}

bool past_put_back(Session *s, const PastPoint *p, GError **error)
{
    if (!past_check(s, p, error) || !read_again((PastPoint *)p, error) ||
        !(p->own
              ? restart(s, p, error)
              : save_restore(s, p->save, NULL, s->past->hooks->look, s->past->hooks->leave, error)))
        return false;
    trail_put_back(s, p->cursor);
    fabric_put_back_gateways(s->fabric, p->time);
    if (s->report)
        report_rewind(s->report, p->time);
    s->past->last = p->time;
    s->hidden_until = vtime(0);
    return true;
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
