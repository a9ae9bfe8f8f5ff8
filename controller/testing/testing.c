/* SPDX-License-Identifier: GPL-3.0-or-later */
/* testing.c: looks at all that was asked for, runs the cases, and tells of the results in order. */
#include "controller/testing/testing.h"

#include "controller/base/log.h"
#include "controller/base/output.h"
#include "controller/base/place.h"
#include "controller/base/sink.h"
#include "controller/base/text.h"
#include "controller/base/tty.h"
#include "controller/base/units.h"
#include "controller/qemu/rundir.h"
#include "controller/session/session-error.h"
#include "controller/testing/collect.h"
#include "controller/testing/foresee.h"
#include "controller/testing/junit.h"
#include "controller/testing/kept.h"
#include "controller/testing/places.h"
#include "controller/testing/schedule.h"
#include "controller/testing/show.h"
#include "controller/testing/tap.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Results are told in the order of the cases, however they come. */
typedef struct {
    const TestPlan *plan;
    const Collection *collection;
    unsigned told;  /* number of cases */
    unsigned width; /* of the longest name */
} Teller;

/* --- before anything runs --- */

static bool refuse(GError **error, const char *format, const char *path, const char *why)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, format, path, why);
#pragma GCC diagnostic pop
    return false;
}

/* Whether the path is replaced by a new file. What a link leads to, a FIFO or a device is written to:
 * a link such as /dev/stdout is not ours to replace. */
static bool is_replaced(const char *path)
{
    return !g_file_test(path, G_FILE_TEST_IS_SYMLINK) &&
           (!g_file_test(path, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_REGULAR));
}

/* Whether the file can be written at the end, and nothing of the user's is lost by that. */
static bool check_junit(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autoptr(GError) e = NULL;

    if (*path == '\0' || g_file_test(path, G_FILE_TEST_IS_DIR))
        return refuse(error, "--junit: '%s' is %s: a file is expected", path,
                      *path ? "a folder" : "no name");
    if (g_file_test(path, G_FILE_TEST_EXISTS) && access(path, W_OK) != 0)
        return refuse(error, "--junit: can't write '%s': %s", path, g_strerror(errno));
    if (!sink_accepts(path, "JUnit file", junit_is_one, &e))
        return refuse(error, "--junit: can't write '%s': %s", path, e->message);
    return (!is_replaced(path) && g_file_test(path, G_FILE_TEST_EXISTS)) ||
           place_takes_files(folder) ||
           refuse(error, "--junit: no file can be made in the folder '%s': %s", folder,
                  g_strerror(errno));
}

/* The file of an earlier run would pass for this one's if this one is killed. */
static void forget_junit(const char *path)
{
    if (path && is_replaced(path))
        g_unlink(path);
}

/* The words that are variables, or the others; free with g_ptr_array_unref(). */
static GPtrArray *words_of(const TestPlan *plan, bool variables)
{
    GPtrArray *words = g_ptr_array_new();

    for (char *const *word = plan->words; *word; word++)
        if (foresee_is_variable(*word) == variables)
            g_ptr_array_add(words, *word);
    g_ptr_array_add(words, NULL);
    return words;
}

static bool check_saves(const TestPlan *plan, const Collection *c, GError **error)
{
    for (unsigned i = 0; i < c->boots->len; i++) {
        const Boot *b = c->boots->pdata[i];

        if (b->is_save && !foresee_save(b->save, plan->qemu, error))
            return false;
    }
    return true;
}

static bool find_cases(const TestPlan *plan, Collection *out, GError **error)
{
    g_autoptr(GPtrArray) files = words_of(plan, false);
    const CollectPlan what = {.words = (char *const *)files->pdata,
                              .from = plan->from,
                              .filter = plan->filter,
                              .keep = plan->keep,
                              .runs = plan->runs};

    if (files->len > 1)
        return collect(&what, out, error);
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "test needs a FILE: a scenario, or a folder with scenarios");
    return false;
}

static bool look(const TestPlan *plan, const Collection *c, GError **error)
{
    g_autoptr(GPtrArray) pairs = words_of(plan, true);

    return foresee_variables((char *const *)pairs->pdata, c, error) &&
           check_saves(plan, c, error) && (!plan->keep || kept_check(plan->keep, c, error)) &&
           (!plan->junit || check_junit(plan->junit, error)); /* the folder may be that of --keep */
}

/* --- results --- */

static void tell(const Teller *t, char *text)
{
    if (t->plan->progress)
        t->plan->progress(NULL, t->plan->data);
    t->plan->print(text, t->plan->data);
    g_free(text);
}

/* A case has ended: tells of it, unless one before it has not ended, and of those behind it. */
static void on_case(void *data)
{
    Teller *t = data;
    const GPtrArray *cases = t->collection->cases;

    for (; t->told < cases->len; t->told++) {
        const TestCase *c = cases->pdata[t->told];

        if (c->ended < c->runs)
            break;
        tell(t, t->plan->tap ? tap_case(c, t->told + 1)
                             : show_case(c, t->width, tty_has_colour(STDOUT_FILENO)));
    }
}

/* Those that were not run to their end, since all was interrupted. */
static void tell_rest(Teller *t)
{
    const GPtrArray *cases = t->collection->cases;

    if (t->told == cases->len)
        return;
    for (; t->told < cases->len; t->told++) {
        const TestCase *c = cases->pdata[t->told];

        if (!t->plan->tap)
            tell(t, show_case(c, t->width, tty_has_colour(STDOUT_FILENO)));
        else if (c->ended == c->runs)
            tell(t, tap_case(c, t->told + 1));
    }
    if (t->plan->tap)
        tell(t, tap_bail_out("interrupted"));
}

static bool write_file(const char *path, const char *text, GError **error)
{
    FILE *file;
    bool ok;

    if (is_replaced(path))
        return g_file_set_contents(path, text, -1, error);
    file = fopen(path, "we");
    ok = file && fputs(text, file) >= 0;
    ok = file && fclose(file) == 0 && ok;
    return ok || refuse(error, "can't write '%s': %s", path, g_strerror(errno));
}

static void write_junit(const TestPlan *plan, const Collection *c, const char *started, HTime took)
{
    g_autofree char *text = junit_text(c->cases, started, took);
    g_autoptr(GError) error = NULL;

    if (!write_file(plan->junit, text, &error))
        output_lost("--junit: %s", error->message);
}

static void note_outcome(const Collection *c, bool interrupted, Verdict *verdict)
{
    g_autofree char *message = show_failures(c->cases);
    int code = 0;

    if (interrupted) {
        verdict_note(verdict, OUTCOME_INTERRUPTED, NULL, "interrupted");
        return;
    }
    for (unsigned i = 0; i < c->cases->len; i++)
        code = MAX(code, case_result(c->cases->pdata[i])->exit_code);
    if (code > 0)
        verdict_note(verdict, outcome_of_exit_code(code), NULL, message);
}

static unsigned longest_name(const GPtrArray *cases)
{
    glong longest = 0;

    for (unsigned i = 0; i < cases->len; i++) {
        g_autofree char *name = text_line(((const TestCase *)cases->pdata[i])->name, -1);

        longest = MAX(longest, g_utf8_strlen(name, -1));
    }
    return (unsigned)MIN(longest, 60);
}

static GArray *make_places(const TestPlan *plan, const Collection *c)
{
    GArray *places = places_new(plan->jobs, c->cases->len * plan->runs);

    if (plan->jobs > places_cpus())
        log_warn("--jobs %u: each case has CPUs of its own, and this process may use %u: no more "
                 "than so many cases run at once",
                 plan->jobs, places_cpus());
    return places;
}

static void print_names(const TestPlan *plan, const Collection *c)
{
    for (unsigned i = 0; i < c->cases->len; i++) {
        g_autofree char *line =
            g_strconcat(((const TestCase *)c->cases->pdata[i])->name, "\n", NULL);

        plan->print(line, plan->data);
    }
}

static void run_cases(const TestPlan *plan, const Collection *c, const char *dir, Verdict *verdict)
{
    g_autoptr(GArray) places = make_places(plan, c);
    g_autofree char *started = units_host_date();
    Teller teller = {.plan = plan, .collection = c, .width = longest_name(c->cases)};
    const Schedule schedule = {.plan = plan,
                               .collection = c,
                               .dir = dir,
                               .places = places,
                               .on_case = on_case,
                               .data = &teller};
    HTime began = htime_now(), took;
    bool whole;

    if (plan->tap)
        tell(&teller, tap_plan(c->cases->len));
    whole = schedule_run(&schedule);
    took = htime_sub(htime_now(), began);
    tell_rest(&teller);
    if (!plan->tap)
        tell(&teller, show_summary(c->cases, c->boots, took));
    if (plan->junit)
        write_junit(plan, c, started, took);
    note_outcome(c, !whole, verdict);
}

bool testing_run(const TestPlan *plan, Verdict *verdict, GError **error)
{
    g_auto(Collection) c = {0};
    g_autoptr(RunDir) dir = NULL;
    g_autofree char *work = NULL;

    if (!find_cases(plan, &c, error))
        return false;
    if (plan->list) {
        print_names(plan, &c);
        return true;
    }
    if (!look(plan, &c, error) || !(dir = rundir_new(error)) ||
        !(work = rundir_make(dir, "test", error)))
        return false;
    forget_junit(plan->junit);
    run_cases(plan, &c, work, verdict);
    return true;
}
