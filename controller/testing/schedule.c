/* SPDX-License-Identifier: GPL-3.0-or-later */
/* schedule.c: a slot for each place; whatever ends lets all free slots look for work. */
#include "controller/testing/schedule.h"

#include "controller/base/fd.h"
#include "controller/base/process.h"
#include "controller/base/text.h"
#include "controller/base/tree.h"
#include "controller/testing/finish.h"
#include "controller/testing/job.h"
#include "controller/testing/kept.h"
#include "controller/testing/launch.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#define TICK_MS 250

typedef struct Work Work;

/* What a place does at present. */
typedef struct {
    Work *work;
    const cpu_set_t *cpus;
    Job *job;            /* NULL: nothing */
    Boot *boot;          /* the boot that runs, or */
    TestCase *test_case; /* the case, */
    unsigned run;        /* and which of its runs, from 1 */
    char *folder;
    int kept; /* descriptor of kept_begin(); -1: none */
    HTime timeout;
} Slot;

struct Work {
    const Schedule *schedule;
    GMainLoop *loop;
    Slot *slots;
    unsigned n_slots, running, ended, boots; /* boots: number of those that were begun */
    bool interrupted;
};

static void fill_slots(Work *w);

/* --- results --- */

static void read_result(const Slot *slot, int code, HTime took, bool timed_out, TestResult *out)
{
    g_autofree char *report = launch_report(slot->folder), *output = launch_output(slot->folder);
    const TestEnd end = {.code = code,
                         .took = took,
                         .timeout = timed_out ? slot->timeout : (HTime){0},
                         .interrupted = slot->work->interrupted,
                         .report = report,
                         .output = output};

    result_read(&end, out);
}

static void case_ended(Work *w, TestCase *c)
{
    w->ended++;
    finish_case(w->schedule->plan, c);
    w->schedule->on_case(w->schedule->data);
}

/* The folder of the run; NULL: --keep could not make it, so that it is not ours. */
static const char *own_folder(const Slot *slot)
{
    return slot->work->schedule->plan->keep && slot->kept < 0 ? NULL : slot->folder;
}

static void boot_ended(const Slot *slot)
{
    Boot *b = slot->boot;

    b->state = b->result.state == RESULT_PASSED ? BOOT_READY : BOOT_FAILED;
    finish_boot(slot->work->schedule->plan, b, own_folder(slot));
}

static void run_ended(Slot *slot)
{
    TestCase *c = slot->test_case;
    TestResult *r = &c->results[slot->run - 1];
    g_autofree char *samples = launch_samples(slot->folder);

    if (c->runs > 1 && own_folder(slot))
        g_file_get_contents(samples, &r->samples, NULL, NULL);
    if (slot->work->schedule->plan->keep)
        r->kept = g_strdup(own_folder(slot));
    else
        tree_remove(slot->folder, NULL);
    if (++c->ended == c->runs)
        case_ended(slot->work, c);
}

static void slot_ended(Slot *slot)
{
    Work *w = slot->work;

    if (slot->boot)
        boot_ended(slot);
    else
        run_ended(slot);
    slot->boot = NULL;
    slot->test_case = NULL;
    slot->run = 0;
    g_clear_pointer(&slot->folder, g_free);
    fd_clear(&slot->kept);
    w->running--;
}

static TestResult *result_of(const Slot *slot)
{
    return slot->boot ? &slot->boot->result : &slot->test_case->results[slot->run - 1];
}

static void on_job_done(int code, HTime took, bool timed_out, void *data)
{
    Slot *slot = data;
    Work *w = slot->work;

    slot->job = NULL;
    read_result(slot, code, took, timed_out, result_of(slot));
    slot_ended(slot);
    fill_slots(w);
}

/* --- work --- */

/* Makes the results of a case whose boot has failed. */
static void give_up(Work *w, TestCase *c)
{
    const TestResult *boot = &c->boot->result;
    g_autofree char *message = g_strdup_printf("its boot '%s' did not pass: %s", c->boot->path,
                                               boot->message ? boot->message : "");

    for (unsigned i = 0; i < c->runs; i++) {
        TestResult *r = &c->results[i];

        if (boot->state == RESULT_NONE) /* interrupted */
            continue;
        result_refuse(r, "boot", boot->exit_code, message);
        r->where = g_strdup(boot->where);
        r->kept = g_strdup(boot->kept);
        r->output = g_memdup2(boot->output, boot->output_size);
        r->output_size = boot->output_size;
    }
    c->started = c->ended = c->runs;
    case_ended(w, c);
}

/* Finds what comes next, and puts it into the slot. */
static bool find_work(Work *w, Slot *slot)
{
    const GPtrArray *cases = w->schedule->collection->cases;

    for (unsigned i = 0; i < cases->len && !w->interrupted; i++) {
        TestCase *c = cases->pdata[i];

        if (c->started == c->runs)
            continue;
        if (!c->boot || c->boot->state == BOOT_READY) {
            slot->test_case = c;
            slot->run = ++c->started;
            return true;
        }
        if (c->boot->state == BOOT_WAITS) {
            slot->boot = c->boot;
            slot->boot->state = BOOT_RUNS;
            return true;
        }
        if (c->boot->state == BOOT_FAILED)
            give_up(w, c);
    }
    return false;
}

static bool make_folder(Slot *slot, GError **error)
{
    Work *w = slot->work;
    const TestPlan *plan = w->schedule->plan;
    g_autofree char *name = g_strdup_printf("place-%u", (unsigned)(slot - w->slots));

    slot->folder = !plan->keep  ? g_build_filename(w->schedule->dir, name, NULL)
                   : slot->boot ? kept_folder(plan->keep, slot->boot->path, KEPT_BOOT)
                                : kept_folder(plan->keep, slot->test_case->name, slot->run);
    if (plan->keep && slot->run == 1)
        kept_forget_runs(slot->folder);
    if (plan->keep)
        return (slot->kept = kept_begin(slot->folder, error)) >= 0;
    if (g_mkdir_with_parents(slot->folder, 0700) == 0)
        return true;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "can't make the folder '%s'",
                slot->folder);
    return false;
}

static bool start_job(Slot *slot, GError **error)
{
    const TestPlan *plan = slot->work->schedule->plan;
    const Header *header = slot->boot ? &slot->boot->header : &slot->test_case->header;
    g_autofree char *output = launch_output(slot->folder);
    g_auto(GStrv) argv = slot->boot ? launch_boot(plan, slot->boot, slot->folder)
                                    : launch_case(plan, slot->test_case, slot->folder);
    JobSpec spec = {.argv = argv, .output = output, .cpus = slot->cpus};

    slot->timeout = spec.timeout = header->timeout.ns > 0 ? header->timeout : plan->timeout;
    slot->job = job_start(&spec, on_job_done, slot, error);
    return slot->job != NULL;
}

static void begin(Slot *slot)
{
    g_autoptr(GError) error = NULL;

    slot->work->running++;
    if (slot->boot)
        slot->boot->save =
            g_strdup_printf("%s/boot-%u", slot->work->schedule->dir, ++slot->work->boots);
    if (make_folder(slot, &error) && start_job(slot, &error))
        return;
    result_refuse(result_of(slot), "usage", outcome_exit_code(OUTCOME_USAGE), error->message);
    slot_ended(slot);
}

/* Starts what can be started. Ends the loop when all is over. */
static void fill_slots(Work *w)
{
    for (unsigned i = 0; i < w->n_slots; i++)
        while (!w->slots[i].job && find_work(w, &w->slots[i]))
            begin(&w->slots[i]);
    if (w->running == 0)
        g_main_loop_quit(w->loop);
}

/* --- the loop --- */

static gboolean on_signal(gpointer data)
{
    Work *w = data;

    w->interrupted = true;
    for (unsigned i = 0; i < w->n_slots; i++)
        if (w->slots[i].job)
            job_interrupt(w->slots[i].job);
    return G_SOURCE_CONTINUE;
}

static gboolean on_tick(gpointer data)
{
    const Work *w = data;
    const TestPlan *plan = w->schedule->plan;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *line = NULL;

    g_string_printf(text, "%u of %u cases done", w->ended, w->schedule->collection->cases->len);
    for (unsigned i = 0; i < w->n_slots; i++) {
        const Slot *slot = &w->slots[i];

        if (slot->job)
            g_string_append_printf(text, "%s%s %.0f s", i == 0 ? "; " : ", ",
                                   slot->boot ? slot->boot->path : slot->test_case->name,
                                   (double)job_took(slot->job).ns / 1e9);
    }
    line = text_line(text->str, -1);
    plan->progress(line, plan->data);
    return G_SOURCE_CONTINUE;
}

static gboolean on_begin(gpointer data)
{
    fill_slots(data);
    return G_SOURCE_REMOVE;
}

bool schedule_run(const Schedule *schedule)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    Work w = {.schedule = schedule, .loop = loop, .n_slots = schedule->places->len};
    g_autofree Slot *slots = g_new0(Slot, w.n_slots);
    unsigned signals[G_N_ELEMENTS(numbers)], timer = 0;

    w.slots = slots;
    for (unsigned i = 0; i < w.n_slots; i++) {
        slots[i].work = &w;
        slots[i].kept = -1;
        slots[i].cpus = &g_array_index(schedule->places, cpu_set_t, i);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++)
        signals[i] = process_on_signal(numbers[i], on_signal, &w);
    if (schedule->plan->progress)
        timer = g_timeout_add(TICK_MS, on_tick, &w);
    g_idle_add(on_begin, &w);
    g_main_loop_run(loop);
    for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++)
        if (signals[i])
            g_source_remove(signals[i]);
    if (timer)
        g_source_remove(timer);
    return !w.interrupted;
}
