/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock-watch.c: remembers the last sample of each clock for its rate, and for a watch the pending
 * request of each node: a node has one request at a time.
 */
#include "controller/run/clock-watch.h"

#include "controller/base/log.h"
#include "controller/base/output.h"
#include "controller/engine/rest.h"
#include "controller/run/guest-agent.h"
#include "controller/run/tracer.h"
#include "controller/session/session-error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct ClockWatch {
    unsigned last_id;
    GHashTable *remembered; /* "NODE CLOCK CPU" -> ClockSample */
    GHashTable *first;      /* curves of the page: "NODE CLOCK" -> offset at the first reading */
    FILE *file;             /* clocks.csv; NULL: nothing is watched */
    int64_t every;          /* quanta */
    VTime last;
    GHashTable *asked; /* Node index -> ClocksAnswer of the pending request */
};

static void free_sample(void *data)
{
    clock_sample_clear(data);
    g_free(data);
}

static struct ClockWatch *state(Session *s)
{
    if (!s->clocks) {
        s->clocks = g_new0(struct ClockWatch, 1);
        s->clocks->last = vtime(-1);
        s->clocks->remembered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_sample);
        s->clocks->first = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        s->clocks->asked =
            g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)clocks_answer_free);
    }
    return s->clocks;
}

unsigned clock_watch_next_id(Session *s)
{
    return ++state(s)->last_id;
}

static void add(GArray *samples, const char *name, int64_t value, VTime at)
{
    ClockSample s = {.name = g_strdup(name), .value = value, .at = at};

    g_array_append_val(samples, s);
}

GArray *clock_watch_own(Node *n)
{
    GArray *samples = g_array_new(FALSE, FALSE, sizeof(ClockSample));
    VTime at;

    rest_settle(n);
    at = n->clock.virtual_time;
    g_array_set_clear_func(samples, clock_sample_clear);
    if (n->icount.enabled)
        add(samples, "icount", n->clock.icount.n << n->icount.shift, at);
    add(samples, "QEMU_CLOCK_VIRTUAL", at.ns, at);
    add(samples, "host", htime_now().ns, at);
    return samples;
}

bool clock_watch_rate(Session *s, const Node *n, const ClockSample *sample, double *rate)
{
    GHashTable *remembered = state(s)->remembered;
    char *key = g_strdup_printf("%s %s %d", n->name, sample->name, sample->cpu);
    const ClockSample *before = g_hash_table_lookup(remembered, key);
    ClockSample *copy = g_new0(ClockSample, 1);
    bool known = before && clocks_rate(before, sample, rate);

    *copy = *sample;
    copy->name = g_strdup(sample->name);
    copy->why_not = g_strdup(sample->why_not);
    g_hash_table_replace(remembered, key, copy);
    return known;
}

void clock_watch_refuse(GError **error)
{
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "clocks watch writes clocks.csv to the report: give --report DIR");
}

bool clock_watch_set(Session *s, int64_t every, GError **error)
{
    struct ClockWatch *w = state(s);
    g_autofree char *path = NULL;

    if (every == 0) {
        g_clear_pointer(&w->file, fclose);
        return true;
    }
    if (!s->report) {
        clock_watch_refuse(error);
        return false;
    }
    w->every = every;
    if (w->file)
        return true;
    path = g_build_filename(report_dir(s->report), "clocks.csv", NULL);
    w->file = fopen(path, "we");
    if (w->file) {
        fprintf(w->file, "virtual_ns,node,clock,cpu,at_ns,value_ns,offset_ns,rate\n");
        return true;
    }
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "can't write '%s': %s", path,
                g_strerror(errno));
    return false;
}

void clock_watch_free(Session *s)
{
    if (!s->clocks)
        return;
    g_clear_pointer(&s->clocks->file, fclose);
    g_hash_table_unref(s->clocks->remembered);
    g_hash_table_unref(s->clocks->first);
    g_hash_table_unref(s->clocks->asked);
    g_clear_pointer(&s->clocks, g_free);
}

VTime clock_watch_next_time(const Session *s)
{
    int64_t now = engine_now(s->engine).ns, step;

    if (!s->clocks || !s->clocks->file)
        return vtime(RUN_FOR_EVER);
    step = engine_quantum(s->engine).ns * s->clocks->every;
    return vtime(now - now % step + step);
}

static void write_samples(Session *s, const Node *n, const GArray *samples)
{
    for (unsigned i = 0; i < samples->len; i++) {
        const ClockSample *c = &g_array_index(samples, ClockSample, i);
        double rate;
        bool known = clock_watch_rate(s, n, c, &rate);

        tracer_clock(s, n, c);
        fprintf(s->clocks->file, "%" PRId64 ",%s,%s,%d,%" PRId64 ",", engine_now(s->engine).ns,
                n->name, c->name, c->cpu, vtime_sub(c->at, n->epoch).ns);
        if (c->why_not)
            fprintf(s->clocks->file, "%s,,\n", c->why_not);
        else if (known)
            fprintf(s->clocks->file, "%" PRId64 ",%" PRId64 ",%.9f\n", c->value,
                    c->value - c->at.ns, rate);
        else
            fprintf(s->clocks->file, "%" PRId64 ",%" PRId64 ",\n", c->value, c->value - c->at.ns);
    }
}

/* Adds points to the page's curves of the guest's clocks, on the guest's first vCPU: how far each
 * clock has drifted from virtual time since its first reading. */
static void draw_samples(const Session *s, const Node *n, const GArray *samples)
{
    /* Other clocks do not count time, or count it in steps of milliseconds. */
    static const char *const drawn[] = {"CNTVCT_EL0", "CNTPCT_EL0", "TSC", "MONOTONIC",
                                        "REALTIME",   "BOOTTIME",   NULL};

    for (unsigned i = 0; i < samples->len; i++) {
        const ClockSample *c = &g_array_index(samples, ClockSample, i);
        g_autofree char *curve = g_strdup_printf("%s %s", n->name, c->name);
        int64_t offset = c->value - c->at.ns, *first;

        if (c->why_not || c->cpu > 0 || !g_strv_contains(drawn, c->name))
            continue;
        first = g_hash_table_lookup(s->clocks->first, curve);
        if (!first) {
            first = g_memdup2(&offset, sizeof(offset));
            g_hash_table_insert(s->clocks->first, g_strdup(curve), first);
        }
        report_clock(s->report, curve, vtime_sub(c->at, n->epoch), offset - *first);
    }
}

static void sample_node(Session *s, Node *n)
{
    struct ClockWatch *w = s->clocks;
    ClocksAnswer *answer = g_hash_table_lookup(w->asked, GUINT_TO_POINTER(n->index));
    g_autoptr(GArray) own = clock_watch_own(n);
    g_autoptr(GError) error = NULL;

    write_samples(s, n, own);
    if (guest_agent_why_not(n) || n->state != NODE_PAUSED)
        return;
    if (answer && guest_agent_read(n, answer, &error) && !answer->done)
        return; /* the guest agent has not answered completely yet */
    if (answer && !error) {
        write_samples(s, n, answer->samples);
        draw_samples(s, n, answer->samples);
    }
    answer = clocks_answer_new(clock_watch_next_id(s),
                               n->icount.enabled ? INT64_C(1) << n->icount.shift : 1);
    g_hash_table_replace(w->asked, GUINT_TO_POINTER(n->index), answer);
    if (!error)
        guest_agent_ask(s, n, answer->id, "clocks", &error);
    if (error)
        log_warn("clocks watch: %s", error->message);
}

void clock_watch_sample(Session *s)
{
    struct ClockWatch *w = s->clocks;
    VTime now = engine_now(s->engine);

    if (!w || !w->file || now.ns <= w->last.ns ||
        now.ns % (engine_quantum(s->engine).ns * w->every) != 0)
        return;
    w->last = now;
    for (unsigned i = 0; i < s->nodes->len; i++) {
        Node *n = s->nodes->pdata[i];

        if (node_is_live(n))
            sample_node(s, n);
    }
    if (fflush(w->file) != 0 || ferror(w->file)) {
        output_lost("clocks.csv is not complete: %s", g_strerror(errno));
        g_clear_pointer(&w->file, fclose);
    }
}
