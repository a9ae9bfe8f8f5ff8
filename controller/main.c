/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c: brings a mode's parts together, and reports how it ended. */
#include "controller/base/log.h"
#include "controller/base/output.h"
#include "controller/base/process.h"
#include "controller/base/slurm-env.h"
#include "controller/base/suggest.h"
#include "controller/base/tty.h"
#include "controller/base/version.h"
#include "controller/command/command.h"
#include "controller/command/manual.h"
#include "controller/command/print-node-event.h"
#include "controller/fabric/fabric.h"
#include "controller/qemu/slurm-cpus.h"
#include "controller/remote/agent/agent.h"
#include "controller/report/schema.h"
#include "controller/run/disk-note.h"
#include "controller/run/profile.h"
#include "controller/run/sampler.h"
#include "controller/run/tracer.h"
#include "controller/save/save-folder.h"
#include "controller/serve/server.h"
#include "controller/session/describe.h"
#include "controller/session/recorder.h"
#include "controller/session/session-life.h"
#include "controller/shell/arguments.h"
#include "controller/shell/complete-shell.h"
#include "controller/shell/progress.h"
#include "controller/shell/repl.h"
#include "controller/shell/runner.h"
#include "controller/shell/scenario.h"
#include "controller/shell/signals.h"
#include "controller/testing/collect.h"
#include "controller/testing/testing.h"
#include "controller/verify/verify.h"
#include "gdbstub-client/gdbstub.h"
#include "qmp/qmp.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A scheduler or a service manager ended the run, and nobody is there who could save it. */
static bool told_to_end;

static void on_signal(int number, void *data)
{
    told_to_end = told_to_end || number == SIGTERM;
    signals_stop(data);
}

/* Longer than it takes until nodes are stopped where they are (session_interrupt()). */
#define PATIENCE_MS 5500

/* Async-signal-safe. */
static void on_hurry(bool on)
{
    qmp_hurry(on ? PATIENCE_MS : -1);
    gdb_hurry(on ? PATIENCE_MS : -1);
}

static void on_runner_done(void *data)
{
    Session *s = data;

    g_main_loop_quit(s->loop);
}

/* --- the end --- */

/* What `--listen` has begun; NULL: nothing. */
static Server *server;

static void report_exit(const Verdict *v, const Session *s, bool json)
{
    g_autofree char *code = g_strdup_printf("%d", outcome_exit_code(v->outcome));
    const char *const members[] = {"code",    code,
                                   "outcome", outcome_name(v->outcome),
                                   "where",   v->where ? v->where : "",
                                   "message", v->message ? v->message : "",
                                   NULL};

    server_end(server, v);
    if (s) {
        session_event(s, "exit", members);
    } else if (json) {
        g_autofree char *line = report_event("exit", members);

        output_print(line);
        output_print("\n");
    }
}

static void note_error(Session *s, GError *error)
{
    session_note(s, command_outcome(error), error->message);
    g_error_free(error);
}

static void check_exactness(Session *s)
{
    uint64_t lost = engine_violations(s->engine) + fabric_late(s->fabric);
    g_autofree char *text = NULL;

    if (lost == 0)
        return;
    text = g_strdup_printf("exactness was lost: %" G_GUINT64_FORMAT
                           " missed boundaries, late stops or late packets (see `stats`)",
                           (guint64)lost);
    log_write(LOG_ERROR, "%s", text);
    session_note(s, OUTCOME_EXACTNESS_LOST, text);
}

static void write_report(Session *s)
{
    g_autoptr(GError) error = NULL;
    ReportSummary picture;

    if (!s->report)
        return;
    session_describe(s, &picture);
    if (!report_write(s->report, &picture, &error)) {
        log_write(LOG_ERROR, "%s", error->message);
        session_note(s, OUTCOME_OUTPUT_LOST, error->message);
    }
    report_summary_clear(&picture);
}

static bool is_kept(const Session *s)
{
    switch (s->verdict.outcome) {
    case OUTCOME_FAILED:
    case OUTCOME_EXACTNESS_LOST:
    case OUTCOME_NODE_FAILED:
        return true;
    case OUTCOME_INTERRUPTED:
        return told_to_end;
    case OUTCOME_RUNNING:
    case OUTCOME_PASSED:
    case OUTCOME_USAGE:
    case OUTCOME_OUTPUT_LOST:
        return false;
    }
    g_assert_not_reached();
}

/* Saves a failed run as it stands, so that it can be opened. dir: NULL: it is not to be saved. */
static void keep_failure(Session *s, const char *dir)
{
    g_autoptr(GError) error = NULL;

    if (!dir || !is_kept(s))
        return;
    s->interrupted = false; /* another signal ends the save */
    signals_calm();
    if (!command_keep(s, "failure", dir, &error))
        log_write(LOG_ERROR, "--save-on-failure: %s", error->message);
    else if (s->hosts && s->hosts->len > 0)
        log_warn(
            "the ensemble is saved as it stands: `restore %s` opens it behind the `host add` or "
            "`hosts` of its hosts, with host=auto behind that of others, with host=local on this "
            "host",
            dir);
    else
        log_warn("the ensemble is saved as it stands: `metronome --from %s` opens it", dir);
}

/* Saves a run that passed, so that others begin there. dir: NULL: it is not to be saved. */
static void keep_end(Session *s, const char *dir)
{
    GError *error = NULL;

    if (!dir || s->verdict.outcome != OUTCOME_RUNNING)
        return;
    if (!s->started)
        note_error(s, g_error_new(SESSION_ERROR, SESSION_ERROR_USAGE,
                                  "no node was started, so there is nothing to save"));
    else if (!command_keep(s, "boot", dir, &error))
        note_error(s, error);
}

/* Folders for what is left of the run, or NULL. */
typedef struct {
    const char *failure; /* a save of a run that failed */
    const char *end;     /* a save of one that passed */
} EndFolders;

/* What is left to go wrong, then what says how it ended. */
static void finish_session(Session *s, EndFolders folders)
{
    bool interrupted = s->interrupted;

    command_settle(s);
    if (s->interrupted && !interrupted) /* while it waited for the last barrier */
        session_note(s, OUTCOME_INTERRUPTED, "interrupted");
    check_exactness(s);
    keep_failure(s, folders.failure);
    keep_end(s, folders.end);
    captures_free(s);
    tracer_free(s);
    profiles_free(s);
    session_end_transcripts(s);
    disk_note_report(s);
    if (output_loss())
        session_note(s, OUTCOME_OUTPUT_LOST, output_loss());
    verdict_end(&s->verdict);
    write_report(s);
    report_exit(&s->verdict, s, false);
}

/* --- a session --- */

/* False if it has failed. */
static bool run_scenario(Session *s, const Scenario *scenario)
{
    g_autoptr(Runner) runner = NULL;
    GError *error = NULL;

    runner = runner_new(s, false, on_runner_done, s);
    if (!scenario_push(scenario, s, runner, &error)) {
        note_error(s, error);
        return false;
    }
    runner_start(runner);
    g_main_loop_run(s->loop);
    progress_clear();
    s->runner = NULL;
    return !runner_failed(runner) && !runner_quit(runner);
}

/* from: the folder of a save to begin with, or NULL. scenario: NULL at the prompt, and where programs
 * say what comes. */
static void run(Session *s, const char *from, const Scenario *scenario)
{
    GError *error = NULL;

    if (from && command_restore(s, from, &error) == COMMAND_FAILED)
        note_error(s, error);
    else if (!scenario && !server)
        repl_run(s);
    else if ((!scenario || run_scenario(s, scenario)) && server)
        server_run(server);
}

static Session *new_session(const Arguments *a, char **argv, bool dry, GError **error)
{
    return session_new((SessionOptions){.dry = dry,
                                        .quiet = a->mode != MODE_CHECK,
                                        .reports = a->report != NULL,
                                        .json = a->json,
                                        .limit = a->limit,
                                        .qemu = g_strdup(a->qemu),
                                        .command_line = arguments_join(argv),
                                        .scenario = a->rest ? g_strdup(a->rest[1]) : NULL},
                       error);
}

static Session *open_session(const Arguments *a, char **argv, GError **error)
{
    g_autoptr(Session) s = new_session(a, argv, false, error);

    if (!s || (a->report && !session_record(s, a->report, error)) ||
        (a->sample && !sampler_open(s, a->sample, error)))
        return NULL;
    return g_steal_pointer(&s);
}

static void write_log(const char *line)
{
    progress_clear();
    fputs(line, stderr);
}

/* The verdict outlives the session, whose end may still have something to say. */
static void end_session(Session *s, EndFolders folders, Verdict *verdict)
{
    finish_session(s, folders);
    signals_watch(NULL, NULL);
    command_free_state(s);
    *verdict = s->verdict;
    s->verdict = (Verdict){0};
}

/* An earlier report in the folder would pass for that of this run, which never began. */
static void report_unstarted(const Arguments *a, char **argv, const Verdict *verdict)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Session) s = NULL;

    if (!a->report || !arguments_records(a) || verdict->outcome == OUTCOME_RUNNING ||
        verdict->outcome == OUTCOME_PASSED)
        return;
    s = new_session(a, argv, true, &error);
    if (s && session_report_unstarted(s, a->report, verdict, &error))
        return;
    if (!verdict->message || !strstr(verdict->message, error->message)) /* that is not why */
        log_write(LOG_ERROR, "%s", error->message);
}

/* All of it, before anything starts: nothing is launched or connected, and nothing written but the
 * report of an end here. False if it reported how this ends: there were errors, or the check was
 * all that was asked for. */
static bool check_scenario(const Arguments *a, char **argv, const Scenario *scenario,
                           Verdict *verdict, GError **error)
{
    g_autoptr(Session) s = NULL;
    bool ok;

    if (a->failure && !save_folder_accepts(a->failure, error)) {
        g_prefix_error(error, "--save-on-failure: ");
        return false;
    }
    s = new_session(a, argv, true, error);
    ok = s && (!a->from || command_restore(s, a->from, error) != COMMAND_FAILED);

    if (s && !ok)
        return false;
    ok = s && scenario_check(scenario, a->report, s);

    if (ok && a->mode != MODE_CHECK) {
        command_free_state(s);
        return true;
    }
    if (s) {
        report_unstarted(a, argv, &s->verdict);
        end_session(s, (EndFolders){0}, verdict);
    }
    return false;
}

/* Each of several tasks of srun runs all of it, which few want. The first one says so. */
static void note_tasks(void)
{
    unsigned tasks = slurm_tasks(getpid());

    if (tasks && g_strcmp0(slurm_variable("SLURM_PROCID"), "0") == 0)
        log_warn("srun started metronome %u times, and each runs all of it: `srun --ntasks=1 …` "
                 "starts one, `hosts from=slurm` its agents on the hosts of the job",
                 tasks);
}

static bool run_session(const Arguments *a, char **argv, const Scenario *scenario, Verdict *verdict,
                        GError **error)
{
    g_autoptr(Session) s = slurm_cpus_take(error) ? open_session(a, argv, error) : NULL;

    if (!s)
        return false;
    note_tasks();
    s->columns = tty_columns();
    signals_on_hurry(on_hurry);
    signals_watch(on_signal, s);
    s->signalled = signals_pending;
    s->on_node = print_node_event;
    log_set_writer(write_log);
    if (a->listen && !(server = server_new(s, a->listen, error))) {
        command_free_state(s);
        return false;
    }
    run(s, a->from, scenario);
    end_session(s, (EndFolders){a->failure, a->end}, verdict);
    g_clear_pointer(&server, server_free);
    return true;
}

/* --- other modes --- */

static void print_finding(const char *text, void *data)
{
    const Arguments *a = data;
    const char *const members[] = {"text", text, NULL};
    g_autofree char *line = a->json ? report_event("output", members) : NULL;

    output_print(line ? line : text);
    if (line)
        output_print("\n");
}

static void show_progress(const char *text, void *data)
{
    (void)data;
    if (text)
        progress_show(text);
    else
        progress_clear();
}

/* The runs are processes of their own: this one needs no session. */
static bool verify(const Arguments *a, Verdict *verdict, GError **error)
{
    g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
    VerifyPlan plan = {.runs = a->runs,
                       .every = a->every,
                       .progress = !a->json && isatty(STDERR_FILENO) ? show_progress : NULL,
                       .registers = a->registers,
                       .devices = a->devices,
                       .print = print_finding,
                       .data = (void *)a};

    if (a->qemu)
        g_ptr_array_add(arguments, g_strdup_printf("--qemu=%s", a->qemu));
    if (a->from)
        g_ptr_array_add(arguments, g_strdup_printf("--from=%s", a->from));
    if (a->log)
        g_ptr_array_add(arguments, g_strdup_printf("--log=%s", a->log));
    g_ptr_array_add(arguments, g_strdup("run"));
    for (char **p = a->rest + 1; *p; p++)
        g_ptr_array_add(arguments, g_strdup(*p));
    g_ptr_array_add(arguments, NULL);
    plan.arguments = (char **)arguments->pdata;
    return verify_run(&plan, verdict, error);
}

/* So do the runs of cases. */
static bool test(const Arguments *a, Verdict *verdict, GError **error)
{
    const TestPlan plan = {.words = a->rest + 1,
                           .qemu = a->qemu,
                           .log = a->log,
                           .from = a->from,
                           .filter = a->filter,
                           .junit = a->junit,
                           .keep = a->keep,
                           .tap = a->tap,
                           .list = a->list,
                           .runs = a->runs,
                           .jobs = a->jobs,
                           .timeout = a->timeout,
                           .limit = a->limit,
                           .print = print_finding,
                           .progress = isatty(STDERR_FILENO) ? show_progress : NULL,
                           .data = (void *)a};

    return testing_run(&plan, verdict, error);
}

/* As the command `help`, which needs nothing of a session but where to print. */
static void help(const Arguments *a, GError **error)
{
    Session s = {.columns = tty_columns()};
    CommandCall call = {.session = &s};
    g_autofree char *modes = manual_summary();
    g_autofree char *text =
        g_strconcat(modes, "\n\nCommands of a scenario and of the prompt:\n", NULL);

    g_assert(a->rest); /* its first word is the mode */
    if (!a->rest[1])
        output_print(text);
    command_begin(&call, a->rest, error);
}

/* name: NULL: all names, one a line. */
static void print_schema(const char *name, GError **error)
{
    const char *text = name ? schema_text(name) : NULL;
    g_autofree char *all = g_strjoinv(name ? ", " : "\n", (char **)schema_names());
    g_autofree char *meant = name ? suggest_suffix(name, schema_names()) : NULL;

    if (name && !text) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "there is no schema '%s': %s%s",
                    name, all, meant);
        return;
    }
    output_print(text ? text : all);
    if (!text)
        output_print("\n");
}

/* A case of `test` is checked behind its boot, if there is one to be found. */
static void check_only(const Arguments *a, char **argv, Scenario scenario, Verdict *verdict,
                       GError **error)
{
    g_autofree char *from = scenario.file && !a->from ? collect_from(scenario.file) : NULL;
    Arguments behind = *a;

    if (from && g_file_test(from, G_FILE_TEST_IS_DIR))
        behind.from = from;
    else if (from && g_file_test(from, G_FILE_TEST_IS_REGULAR))
        scenario.boot = from;
    check_scenario(&behind, argv, &scenario, verdict, error);
}

/* True if the verdict has been reported as an event already. */
static bool run_mode(const Arguments *a, char **argv, Verdict *verdict, GError **error)
{
    g_autoptr(Texts) texts = texts_new(a->mode == MODE_VERIFY);
    const Scenario scenario = {
        .file = a->commands || !a->rest ? NULL : a->rest[1],
        .commands = a->commands,
        .variables = a->commands || !a->rest || !a->rest[1] ? NULL : a->rest + 2,
        .texts = texts,
    };
    int code;

    switch (a->mode) {
    case MODE_REPL:
        return run_session(a, argv, NULL, verdict, error);
    case MODE_LISTEN:
        if (!server_check_address(a->listen, error))
            return false;
        if (!a->rest)
            return run_session(a, argv, NULL, verdict, error);
        G_GNUC_FALLTHROUGH;
    case MODE_RUN:
    case MODE_COMMANDS:
        return check_scenario(a, argv, &scenario, verdict, error)
                   ? run_session(a, argv, &scenario, verdict, error)
                   : !*error;
    case MODE_CHECK:
        check_only(a, argv, scenario, verdict, error);
        return !*error;
    case MODE_VERIFY:
        if (!check_scenario(a, argv, &scenario, verdict, error))
            return !*error;
        verify(a, verdict, error);
        return false;
    case MODE_TEST:
        test(a, verdict, error);
        return false;
    case MODE_AGENT:
        code = agent_run(a->cpus, METRONOME_VERSION, error);
        if (code > 0 && !*error)
            verdict_note(verdict, outcome_of_exit_code(code), NULL, NULL);
        return false;
    case MODE_VERSION:
        output_print("metronome " METRONOME_VERSION "\n");
        return false;
    case MODE_SCHEMA:
        g_assert(a->rest); /* its first word is the mode */
        print_schema(a->rest[1], error);
        return false;
    case MODE_HELP:
        help(a, error);
        return false;
    case MODE_MANUAL:
        return false;
    }
    g_assert_not_reached();
}

static void note_loss(Verdict *v)
{
    if (output_loss())
        verdict_note(v, OUTCOME_OUTPUT_LOST, NULL, output_loss());
}

/* The last line on stderr; says nothing of a run that passed. */
static void report_last(const Verdict *v)
{
    g_autofree char *line = verdict_line(v);

    if (line)
        fprintf(stderr, "metronome: %s\n", line);
}

int main(int argc, char **argv)
{
    Arguments a = {0};
    g_auto(Verdict) verdict = {0};
    g_autoptr(GError) error = NULL;
    bool reported;

    process_prepare();
    setlocale(LC_CTYPE, "");
    if (argc > 1 && strcmp(argv[1], COMPLETE_SHELL_OPTION) == 0) {
        complete_shell(argv + 2);
        return 0;
    }
    reported = arguments_parse(&a, argc, argv, &error) && run_mode(&a, argv, &verdict, &error);
    if (error)
        verdict_note(&verdict, command_outcome(error), NULL, error->message);
    note_loss(&verdict);
    verdict_end(&verdict);
    if (!reported) {
        report_unstarted(&a, argv, &verdict);
        report_exit(&verdict, NULL, a.json);
    }
    note_loss(&verdict); /* the event itself */
    report_last(&verdict);
    arguments_clear(&a);
    return outcome_exit_code(verdict.outcome);
}
