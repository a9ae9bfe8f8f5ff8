/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recorder.c: an observer of barriers writes one row of stamps and waits into the report for each
 * barrier; a timer drains the rows to disk every 50 ms. Columns are the nodes in their order.
 */
#include "controller/session/recorder.h"

#include "controller/session/describe.h"

struct Recorder {
    unsigned n;
    Node **columns;
    int64_t *stamps, *waited;
};

static void recorder_clear(Recorder *r)
{
    g_clear_pointer(&r->columns, g_free);
    g_clear_pointer(&r->stamps, g_free);
    g_clear_pointer(&r->waited, g_free);
    r->n = 0;
}

/* Called in the thread that completes the barrier. Participants and columns have the same order. */
static bool record_barrier(const BarrierView *view, void *data)
{
    Session *s = data;
    Recorder *r = s->recorder;

    for (unsigned column = 0, participant = 0; column < r->n; column++) {
        const Participant *at =
            participant < view->n_participants ? &view->participants[participant] : NULL;

        r->stamps[column] = -1;
        if (!at || at->node != r->columns[column])
            continue;
        participant++;
        r->stamps[column] = at->stamp_us;
        r->waited[column] = view->met ? MAX(0, htime_sub(view->last, at->arrived).ns) : 0;
    }
    report_row(s->report, view->number, view->time,
               view->met ? htime_sub(view->last, view->granted) : (HTime){0}, r->stamps, r->waited,
               r->n);
    return false;
}

static gboolean drain(gpointer data)
{
    report_drain(data);
    return G_SOURCE_CONTINUE;
}

/* Writes a first report: if this run is killed, the report of an earlier run must not pass for the
 * report of this one. */
static bool write_first(const Session *s, GError **error)
{
    ReportSummary now;
    bool ok;

    session_describe(s, &now);
    ok = report_write(s->report, &now, error);
    report_summary_clear(&now);
    return ok;
}

bool session_record(Session *s, const char *dir, GError **error)
{
    s->report = report_new(dir, error);
    if (!s->report)
        return false;
    s->recorder = g_new0(Recorder, 1);
    s->drain_source = g_timeout_add(50, drain, s->report);
    engine_observe(s->engine, record_barrier, true, s);
    return write_first(s, error);
}

static bool same_columns(const Session *s)
{
    const Recorder *r = s->recorder;

    for (unsigned i = 0; i < r->n && i < s->nodes->len; i++)
        if (r->columns[i] != s->nodes->pdata[i])
            return false;
    return r->n == s->nodes->len;
}

void session_prepare_recording(Session *s)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    Recorder *r = s->recorder;

    if (!s->report || same_columns(s))
        return;
    recorder_clear(r);
    r->n = s->nodes->len;
    r->columns = g_new(Node *, r->n);
    r->stamps = g_new0(int64_t, r->n);
    r->waited = g_new0(int64_t, r->n);
    for (unsigned i = 0; i < r->n; i++) {
        r->columns[i] = s->nodes->pdata[i];
        g_ptr_array_add(names, r->columns[i]->name);
    }
    report_columns(s->report, (const char *const *)names->pdata, r->n);
}

void session_end_recording(Session *s)
{
    g_clear_handle_id(&s->drain_source, g_source_remove);
    if (s->recorder)
        recorder_clear(s->recorder);
    g_clear_pointer(&s->recorder, g_free);
}
