/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verify.c: the processes, and closing in on a difference. */
#include "controller/verify/verify.h"

#include "controller/base/text.h"
#include "controller/base/units.h"
#include "controller/node/rundir.h"
#include "controller/verify/compare.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

/* The span of a difference is looked at in so many parts, until a part is this short. */
#define PARTS    16
#define FINEST   NS_PER_US
#define MAX_ZOOM 8

typedef struct {
    const VerifyPlan *plan;
    Verdict *verdict;
    char *dir;
    VTime from, to, every; /* every 0: at barriers only */
    char **samples;        /* of each run */
    int *codes;
} Work;

G_GNUC_PRINTF(2, 3)
static void say(const Work *w, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    w->plan->print(text, w->plan->data);
}

/* The run that is under way, for Ctrl-C. */
static GSubprocess *child;
static bool interrupted;

/* The second time it is not asked any more. */
static gboolean on_signal(gpointer data)
{
    (void)data;
    if (child && interrupted)
        g_subprocess_force_exit(child);
    else if (child)
        g_subprocess_send_signal(child, SIGINT);
    interrupted = true;
    return G_SOURCE_CONTINUE;
}

/* In the child, between fork and exec: it ends with this process, however that ends. */
static void child_setup(gpointer data)
{
    (void)data;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
}

static void on_end(GObject *source, GAsyncResult *result, gpointer data)
{
    g_subprocess_wait_finish(G_SUBPROCESS(source), result, NULL);
    g_main_loop_quit(data);
}

static char *sample_option(const Work *w, const char *path)
{
    g_autofree char *fine = w->every.ns > 0
                                ? g_strdup_printf(",fine=%" PRId64 ":%" PRId64 ":%" PRId64,
                                                  w->from.ns, w->to.ns, w->every.ns)
                                : g_strdup("");

    return g_strdup_printf("--sample=%s%s%s%s", path, fine, w->plan->registers ? ",registers" : "",
                           w->plan->devices ? ",devices" : "");
}

/* One run, to its end. What it prints goes nowhere, but for its errors. */
static bool run_once(Work *w, unsigned i, GError **error)
{
    g_autofree char *path = g_build_filename(w->dir, "samples", NULL);
    g_autofree char *sample = sample_option(w, path);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);

    g_ptr_array_add(argv, (char *)"/proc/self/exe");
    g_ptr_array_add(argv, sample);
    for (char **a = w->plan->arguments; *a; a++)
        g_ptr_array_add(argv, *a);
    g_ptr_array_add(argv, NULL);
    g_subprocess_launcher_set_child_setup(launcher, child_setup, NULL, NULL);
    child = g_subprocess_launcher_spawnv(launcher, (const char *const *)argv->pdata, error);
    if (!child)
        return false;
    g_subprocess_wait_async(child, NULL, on_end, loop);
    g_main_loop_run(loop);
    w->codes[i] = g_subprocess_get_if_exited(child) ? g_subprocess_get_exit_status(child) : 3;
    g_clear_object(&child);
    g_free(w->samples[i]);
    w->samples[i] = NULL;
    if (!g_file_get_contents(path, &w->samples[i], NULL, NULL))
        w->samples[i] = g_strdup("");
    g_unlink(path);
    return true;
}

static bool run_all(Work *w, GError **error)
{
    for (unsigned i = 0; i < w->plan->runs && !interrupted; i++)
        if (!run_once(w, i, error))
            return false;
    return true;
}

/* The first difference of any run to the first one; *other: which run. */
static Difference *compare_all(const Work *w, unsigned *other, uint64_t *samples)
{
    Difference *first = NULL;

    for (unsigned i = 1; i < w->plan->runs; i++) {
        uint64_t equal = 0;
        Difference *d = compare_samples(w->samples[0], w->samples[i], &equal);

        *samples = equal;
        if (d && (!first || d->at.ns < first->at.ns)) {
            difference_free(first);
            first = d;
            *other = i;
        } else {
            difference_free(d);
        }
    }
    return first;
}

static void tell(const Work *w, const Difference *d, unsigned other)
{
    g_autofree char *before = units_format_seconds(d->before);
    g_autofree char *at = units_format_seconds(d->at);
    g_autofree char *what = NULL;

    if (d->node)
        what = g_strdup_printf("runs 1 and %u differ at %s, node %s: %s is %s and %s; all was "
                               "equal at %s",
                               other + 1, at, d->node, d->field, d->a, d->b, before);
    else
        what = g_strdup_printf("runs 1 and %u were not sampled alike from %s on: one of them "
                               "ended, or its commands took another way",
                               other + 1, at);
    say(w, "%s\n", what);
    if (d->node)
        say(w, "the difference arose in node %s between its instructions %s and %s (in run 1)\n",
            d->node, d->from_a, d->to_a);
    verdict_note(w->verdict, OUTCOME_FAILED, NULL, what);
}

/* Looks closer at the span of a difference, as long as it shows there again. */
static bool zoom(Work *w, Difference **d, unsigned *other, GError **error)
{
    for (unsigned i = 0; i < MAX_ZOOM && !interrupted; i++) {
        int64_t span = vtime_sub((*d)->at, (*d)->before).ns, every = span / PARTS;
        g_autoptr(Difference) closer = NULL;
        unsigned which = 0;
        uint64_t samples;

        if (!(*d)->node || span <= FINEST)
            return true;
        w->from = (*d)->before;
        w->to = (*d)->at;
        w->every = vtime(MAX(every - every % NS_PER_US, FINEST));
        if (!run_all(w, error))
            return false;
        closer = interrupted ? NULL : compare_all(w, &which, &samples);
        if (!closer) {
            say(w, "looked at more closely, the runs were equal: it does not happen every time\n");
            return true;
        }
        if (vtime_sub(closer->at, closer->before).ns >= span && closer->at.ns == (*d)->at.ns)
            return true;
        difference_free(*d);
        *d = g_steal_pointer(&closer);
        *other = which;
    }
    return true;
}

/* What the scenario has that makes runs differ: "equal" is luck then. */
static void tell_notes(const Work *w)
{
    const char *p = w->samples[0];

    for (char *note; (note = compare_next_note(&p)); g_free(note)) {
        g_autofree char *line = text_line(note, -1);

        say(w, "not repeatable: %s\n", line);
    }
}

/* Runs that end otherwise differ, whatever their samples say. */
static void compare_ends(const Work *w)
{
    for (unsigned i = 1; i < w->plan->runs; i++) {
        g_autofree char *what = NULL;

        if (w->codes[i] == w->codes[0])
            continue;
        what = g_strdup_printf("run %u ended with exit code %d, run 1 with %d", i + 1, w->codes[i],
                               w->codes[0]);
        say(w, "%s\n", what);
        verdict_note(w->verdict, OUTCOME_FAILED, NULL, what);
    }
}

/* No sample differs. */
static void judge_equal(const Work *w, uint64_t samples)
{
    g_autofree char *what = NULL;

    say(w, "%u runs, %" PRIu64 " samples: equal\n", w->plan->runs, samples);
    if (w->codes[0] != 0) {
        what = g_strdup_printf("run 1 ended with exit code %d", w->codes[0]);
        verdict_note(w->verdict, outcome_of_exit_code(w->codes[0]), NULL, what);
    } else if (samples == 0) {
        verdict_note(w->verdict, OUTCOME_USAGE, NULL,
                     "nothing was compared: the scenario lets no virtual time pass");
    }
}

static bool judge(Work *w, GError **error)
{
    unsigned other = 0;
    uint64_t samples = 0;
    g_autoptr(Difference) d = NULL;

    tell_notes(w);
    compare_ends(w);
    d = compare_all(w, &other, &samples);
    if (!d) {
        judge_equal(w, samples);
        return true;
    }
    say(w, "%" PRIu64 " samples are equal; closing in on the first that is not\n", d->samples);
    if (!zoom(w, &d, &other, error))
        return false;
    tell(w, d, other);
    return true;
}

bool verify_run(const VerifyPlan *plan, Verdict *verdict, GError **error)
{
    Work w = {.plan = plan, .verdict = verdict};
    g_autoptr(RunDir) dir = rundir_new(error);
    bool ok;

    if (!dir || !(w.dir = rundir_make(dir, "verify", error)))
        return false;
    g_unix_signal_add(SIGINT, on_signal, NULL);
    g_unix_signal_add(SIGTERM, on_signal, NULL);
    g_unix_signal_add(SIGHUP, on_signal, NULL);
    w.samples = g_new0(char *, plan->runs);
    w.codes = g_new0(int, plan->runs);
    ok = run_all(&w, error) && (interrupted || judge(&w, error));
    if (interrupted)
        verdict_note(verdict, OUTCOME_INTERRUPTED, NULL, "interrupted");
    for (unsigned i = 0; i < plan->runs; i++)
        g_free(w.samples[i]);
    g_free(w.samples);
    g_free(w.codes);
    g_free(w.dir);
    return ok;
}
