/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * verify.c: runs the scenario, compares the runs, repeats the runs with finer samples around a
 * difference, and prints the result.
 */
#include "controller/verify/verify.h"

#include "controller/base/text.h"
#include "controller/base/units.h"
#include "controller/qemu/rundir.h"
#include "controller/verify/child.h"
#include "controller/verify/compare.h"

#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>

/* The span of a difference is divided into PARTS parts, again and again, until a part has FINEST
 * ns. */
#define PARTS      16
#define FINEST     NS_PER_US
#define MAX_LOOKS  16
#define MAX_MISSES 3 /* limit of runs that differ elsewhere */

typedef struct {
    const VerifyPlan *plan;
    Verdict *verdict;
    char *dir;
    VTime from, to, every; /* span of fine samples; every 0: at barriers only */
    char **samples;        /* samples of each run */
    int *codes;
    char *consoles; /* text about the consoles' difference; NULL: no difference */
    /* The rest is for the progress line. */
    unsigned run;      /* number of the current run */
    VTime end;         /* last sample's time in the run before; 0: no run before */
    HTime began, took; /* start of the current run, duration of the run before */
} Work;

G_GNUC_PRINTF(2, 3)
static void print_text(const Work *w, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    w->plan->print(text, w->plan->data);
}

static char *sample_option(const Work *w, const char *path)
{
    g_autofree char *fine = w->every.ns > 0
                                ? g_strdup_printf(",fine=%" PRId64 ":%" PRId64 ":%" PRId64,
                                                  w->from.ns, w->to.ns, w->every.ns)
                                : g_strdup("");

    return g_strdup_printf("--sample=%s,nth=%u%s%s%s", path, w->plan->every, fine,
                           w->plan->registers ? ",registers" : "",
                           w->plan->devices ? ",devices" : "");
}

/* --- progress --- */

static char *sample_path(const Work *w, unsigned run)
{
    g_autofree char *name = g_strdup_printf("run-%u", run);

    return g_build_filename(w->dir, name, "samples", NULL);
}

/* Returns the time of the last sample so far. */
static VTime reached(const Work *w)
{
    g_autofree char *path = sample_path(w, w->run);
    char bytes[1024] = "\n";
    FILE *file = fopen(path, "re");
    size_t n = 0;

    if (!file)
        return vtime(0);
    if (fseek(file, -(long)(sizeof(bytes) - 1), SEEK_END) == 0)
        n = fread(bytes, 1, sizeof(bytes) - 1, file);
    else if (fseek(file, 0, SEEK_SET) == 0)
        n = 1 + fread(bytes + 1, 1, sizeof(bytes) - 2, file); /* the whole file */
    fclose(file);
    bytes[n] = '\0';
    return compare_last_time(bytes);
}

static void on_tick(void *data)
{
    const Work *w = data;
    VTime now = reached(w);
    g_autofree char *at = units_format_seconds(now), *end = units_format_seconds(w->end);
    g_autoptr(GString) text = g_string_new(NULL);
    double share = w->end.ns > 0 ? MIN(1.0, (double)now.ns / (double)w->end.ns) : 0;
    double rest = (double)w->took.ns / 1e9 * (w->plan->runs - w->run - share);

    g_string_printf(text, "%srun %u of %u: %s", w->every.ns > 0 ? "closing in, " : "", w->run + 1,
                    w->plan->runs, at);
    if (share > 0)
        g_string_append_printf(text, " of %s  %.0f %%  ETA %.0f s", end, share * 100, rest);
    w->plan->progress(text->str, w->plan->data);
}

static void on_clear(void *data)
{
    const Work *w = data;

    w->plan->progress(NULL, w->plan->data);
}

/* --- runs --- */

/* Empties the folder, so that an earlier run's samples are not mistaken for this run's. */
static bool empty_folder(const char *samples, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(samples);
    g_autoptr(GDir) dir = NULL;

    if (g_mkdir(folder, 0700) != 0 && !(dir = g_dir_open(folder, 0, error)))
        return false;
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        g_unlink(path);
    }
    return true;
}

/* Runs the scenario once. The output is discarded, except for errors. */
static bool run_once(Work *w, unsigned i, GError **error)
{
    g_autofree char *path = sample_path(w, i), *sample = sample_option(w, path);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    ChildPlan plan = {.clear = on_clear, .data = w, .tick = w->plan->progress ? on_tick : NULL};

    if (!empty_folder(path, error))
        return false;
    g_ptr_array_add(argv, (char *)"/proc/self/exe");
    g_ptr_array_add(argv, sample);
    for (char **a = w->plan->arguments; *a; a++)
        g_ptr_array_add(argv, *a);
    g_ptr_array_add(argv, NULL);
    plan.argv = (char *const *)argv->pdata;
    w->run = i;
    w->began = htime_now();
    w->codes[i] = child_run(&plan, error);
    if (w->codes[i] < 0)
        return false;
    w->took = htime_sub(htime_now(), w->began);
    w->end = reached(w);
    g_free(w->samples[i]);
    w->samples[i] = NULL;
    if (!g_file_get_contents(path, &w->samples[i], NULL, NULL))
        w->samples[i] = g_strdup("");
    return true;
}

static bool run_all(Work *w, GError **error)
{
    for (unsigned i = 0; i < w->plan->runs && !child_interrupted(); i++)
        if (!run_once(w, i, error))
            return false;
    return true;
}

/* Returns the earliest difference between the first run and any other run; *other: the other
 * run. */
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

/* --- consoles --- */

/* Returns NULL if the console was not written. */
static GMappedFile *open_console(const Work *w, unsigned run, const char *node)
{
    g_autofree char *samples = sample_path(w, run), *path = g_strconcat(samples, "-", node, NULL);

    return g_mapped_file_new(path, FALSE, NULL);
}

static char *console_line(unsigned run, const char *text)
{
    return g_strdup_printf("  run %u: %s\n", run + 1, text ? text : "(nothing more)");
}

/* Describes the difference between a node's consoles in the first and in another run; NULL without
 * a difference. surely: also if one console merely continues, as in a run that got farther. */
static char *console_text(const Work *w, unsigned other, const char *node, bool surely)
{
    g_autoptr(GMappedFile) a = open_console(w, 0, node), b = open_console(w, other, node);
    g_autoptr(ConsoleDifference) d = NULL;
    g_autofree char *first = NULL, *second = NULL;

    if (a && b)
        d = compare_consoles(g_mapped_file_get_contents(a), g_mapped_file_get_length(a),
                             g_mapped_file_get_contents(b), g_mapped_file_get_length(b));
    if (!d || (d->longer && !surely))
        return NULL;
    first = console_line(0, d->a);
    second = console_line(other, d->b);
    return g_strdup_printf("the console of node %s differs in line %" PRIu64 ":\n%s%s", node,
                           d->line, first, second);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Returns the nodes sorted by name, so that the output does not depend on the order in a folder. */
static GPtrArray *nodes_with_consoles(const Work *w)
{
    g_autofree char *samples = sample_path(w, 0), *folder = g_path_get_dirname(samples);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    GPtrArray *nodes = g_ptr_array_new_with_free_func(g_free);

    for (const char *name; dir && (name = g_dir_read_name(dir));)
        if (g_str_has_prefix(name, "samples-"))
            g_ptr_array_add(nodes, g_strdup(name + strlen("samples-")));
    g_ptr_array_sort(nodes, by_name);
    return nodes;
}

/* Keeps the consoles' difference of the runs that differ by `d`, because later runs overwrite the
 * files. The node of the difference comes first, but the console of another node may show the
 * difference. */
static void keep_consoles(Work *w, const Difference *d, unsigned other)
{
    g_autoptr(GPtrArray) nodes = nodes_with_consoles(w);
    bool named = d->field && g_str_has_prefix(d->field, "console");

    g_clear_pointer(&w->consoles, g_free);
    if (d->node)
        w->consoles = console_text(w, other, d->node, named);
    for (unsigned i = 0; i < nodes->len && !w->consoles; i++)
        w->consoles = console_text(w, other, nodes->pdata[i], false);
}

/* --- results --- */

static void report_difference(const Work *w, const Difference *d, unsigned other)
{
    g_autofree char *what = difference_text(d, other + 1);

    print_text(w, "%s\n", what);
    if (d->node)
        print_text(
            w, "the difference arose in node %s between its instructions %s and %s (in run 1)\n",
            d->node, d->from_a, d->to_a);
    if (w->consoles)
        print_text(w, "%s", w->consoles);
    verdict_note(w->verdict, OUTCOME_FAILED, NULL, what);
}

static int64_t span_of(const Difference *d)
{
    return vtime_sub(d->at, d->before).ns;
}

/* Runs all runs again, with fine samples around the last difference. */
static bool look_closely(Work *w, const Difference *d, Difference **closer, unsigned *other,
                         GError **error)
{
    int64_t every = span_of(d) / PARTS;
    uint64_t samples;

    w->from = d->before;
    w->to = d->at;
    w->every = vtime(MAX(every - every % NS_PER_US, FINEST));
    if (!run_all(w, error))
        return false;
    if (!child_interrupted())
        *closer = compare_all(w, other, &samples);
    return true;
}

/* Returns why a closer difference is useless, or NULL. */
static const char *why_not(const Difference *closer)
{
    if (!closer)
        return "the runs were equal: it does not happen every time";
    return closer->node ? NULL : "one of the runs ended early";
}

/* Repeats the runs around a difference, as long as that shortens the difference's span. A
 * difference elsewhere never lengthens the span. */
static bool narrow_down(Work *w, Difference **d, unsigned *other, GError **error)
{
    unsigned misses = 0;

    for (unsigned i = 0; i < MAX_LOOKS && (*d)->node && span_of(*d) > FINEST; i++) {
        g_autoptr(Difference) closer = NULL;
        unsigned which = 0;
        const char *why;

        if (!look_closely(w, *d, &closer, &which, error))
            return false;
        if (child_interrupted())
            return true;
        why = why_not(closer);
        if (!why && span_of(closer) >= span_of(*d)) {
            if (closer->at.ns == (*d)->at.ns)
                return true;
            if (++misses < MAX_MISSES)
                continue;
            why = "the runs differed elsewhere: it does not happen at the same time in each";
        }
        if (why) {
            print_text(w, "looked at more closely, %s\n", why);
            return true;
        }
        difference_free(*d);
        *d = g_steal_pointer(&closer);
        *other = which;
        keep_consoles(w, *d, which);
    }
    return true;
}

/* Prints the parts of the scenario that make runs differ: with such parts, "equal" is luck. */
static void report_notes(const Work *w)
{
    const char *p = w->samples[0];

    for (char *note; (note = compare_next_note(&p)); g_free(note)) {
        g_autofree char *line = text_line(note, -1);

        print_text(w, "not repeatable: %s\n", line);
    }
}

/* Compares the exit codes. Runs with unequal exit codes differ, even with equal samples. */
static bool compare_ends(const Work *w)
{
    bool alike = true;

    for (unsigned i = 1; i < w->plan->runs; i++) {
        g_autofree char *what = NULL;

        if (w->codes[i] == w->codes[0])
            continue;
        what = g_strdup_printf("run %u ended with exit code %d, run 1 with %d", i + 1, w->codes[i],
                               w->codes[0]);
        print_text(w, "%s\n", what);
        verdict_note(w->verdict, OUTCOME_FAILED, NULL, what);
        alike = false;
    }
    return alike;
}

/* Reports that all runs failed alike. samples: number of equal samples. */
static void report_failed(const Work *w, uint64_t samples)
{
    Outcome outcome = outcome_of_exit_code(w->codes[0]);
    g_autofree char *what = g_strdup_printf("run 1 ended with exit code %d", w->codes[0]);

    print_text(
        w, "no verdict: %s (%s), and so did the others; %" PRIu64 " samples until then are equal\n",
        what, outcome_name(outcome), samples);
    verdict_note(w->verdict, outcome, NULL, what);
}

/* Reports runs without any difference in samples. */
static void report_equal(const Work *w, uint64_t samples)
{
    static const char nothing[] = "nothing was compared: the scenario lets no virtual time pass";

    if (samples > 0) {
        print_text(w, "%u runs, %" PRIu64 " samples: equal\n", w->plan->runs, samples);
        return;
    }
    print_text(w, "no verdict: %s\n", nothing);
    verdict_note(w->verdict, OUTCOME_USAGE, NULL, nothing);
}

/* Reports whether a difference proves nothing because all runs failed: the runs may have ended at
 * different points of equal work, or were not exact. */
static bool proves_nothing(const Work *w, const Difference *d)
{
    Outcome outcome = outcome_of_exit_code(w->codes[0]);

    return outcome == OUTCOME_EXACTNESS_LOST ||
           (!d->node && outcome != OUTCOME_PASSED && outcome != OUTCOME_FAILED);
}

static bool report_verdict(Work *w, GError **error)
{
    unsigned other = 0;
    uint64_t samples = 0;
    g_autoptr(Difference) d = NULL;
    bool alike;

    report_notes(w);
    alike = compare_ends(w);
    d = compare_all(w, &other, &samples);
    if (alike && (d ? proves_nothing(w, d) : w->codes[0] != 0)) {
        report_failed(w, d ? d->samples : samples);
    } else if (d) {
        keep_consoles(w, d, other);
        print_text(w, "%" PRIu64 " samples are equal; closing in on the first that is not\n",
                   d->samples);
        if (!narrow_down(w, &d, &other, error))
            return false;
        report_difference(w, d, other);
    } else if (alike) {
        report_equal(w, samples);
    } else {
        print_text(w, "until then %" PRIu64 " samples are equal\n", samples);
    }
    return true;
}

bool verify_run(const VerifyPlan *plan, Verdict *verdict, GError **error)
{
    Work w = {.plan = plan, .verdict = verdict};
    g_autoptr(RunDir) dir = rundir_new(error);
    bool ok;

    if (!dir || !(w.dir = rundir_make(dir, "verify", error)))
        return false;
    child_watch_signals();
    w.samples = g_new0(char *, plan->runs);
    w.codes = g_new0(int, plan->runs);
    ok = run_all(&w, error) && (child_interrupted() || report_verdict(&w, error));
    if (child_interrupted())
        verdict_note(verdict, OUTCOME_INTERRUPTED, NULL, "interrupted");
    for (unsigned i = 0; i < plan->runs; i++)
        g_free(w.samples[i]);
    g_free(w.samples);
    g_free(w.codes);
    g_free(w.consoles);
    g_free(w.dir);
    return ok;
}
