/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c: brings a mode's parts together, and tells how it ended. */
#include "controller/base/log.h"
#include "controller/base/output.h"
#include "controller/base/process.h"
#include "controller/base/tty.h"
#include "controller/base/version.h"
#include "controller/command/command.h"
#include "controller/command/sampler.h"
#include "controller/describe.h"
#include "controller/remote/agent.h"
#include "controller/shell/arguments.h"
#include "controller/shell/progress.h"
#include "controller/shell/repl.h"
#include "controller/shell/runner.h"
#include "controller/shell/signals.h"
#include "controller/verify/verify.h"
#include "controller/wire.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static bool set_variables(Session *s, char **pairs, GError **error)
{
    for (char **p = pairs; *p; p++) {
        const char *equals = strchr(*p, '=');
        g_autofree char *key = equals ? g_strndup(*p, (gsize)(equals - *p)) : NULL;

        if (!equals || equals == *p) {
            g_set_error(error, COMMAND_ERROR, COMMAND_ERROR_USAGE, "'%s' is no KEY=VALUE", *p);
            return false;
        }
        session_set(s, key, equals + 1, true);
    }
    return true;
}

static void on_signal(int number, void *data)
{
    (void)number;
    signals_stop(data);
}

static void on_runner_done(void *data)
{
    Session *s = data;

    g_main_loop_quit(s->loop);
}

/* --- the end --- */

static void tell_exit(const Verdict *v, const Session *s, bool json)
{
    g_autofree char *code = g_strdup_printf("%d", outcome_exit_code(v->outcome));
    const char *const members[] = {"code",    code,
                                   "outcome", outcome_name(v->outcome),
                                   "where",   v->where ? v->where : "",
                                   "message", v->message ? v->message : "",
                                   NULL};

    if (s) {
        command_event(s, "exit", members);
    } else if (json) {
        g_autofree char *line = report_event("exit", members);

        output_print(line);
        output_print("\n");
    }
}

static void check_exactness(Session *s)
{
    uint64_t lost = engine_violations(s->engine) + wire_late(s->wire);
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

/* What is left to go wrong, then what says how it ended. */
static void finish(Session *s)
{
    bool interrupted = s->interrupted;

    command_settle(s);
    if (s->interrupted && !interrupted) /* while it waited for the last barrier */
        session_note(s, OUTCOME_INTERRUPTED, "interrupted");
    check_exactness(s);
    captures_free(s);
    session_end_transcripts(s);
    if (output_loss())
        session_note(s, OUTCOME_OUTPUT_LOST, output_loss());
    verdict_end(&s->verdict);
    write_report(s);
    tell_exit(&s->verdict, s, false);
}

static void note_error(Session *s, GError *error)
{
    session_note(s, command_outcome(error), error->message);
    g_error_free(error);
}

/* --- a session --- */

static void run(Session *s, const Arguments *a)
{
    g_autoptr(Runner) runner = NULL;
    GError *error = NULL;

    if (a->mode == MODE_REPL) {
        repl_run(s);
        return;
    }
    runner = runner_new(s, a->mode == MODE_CHECK, on_runner_done, s);
    if (a->mode == MODE_COMMANDS) {
        runner_push_text(runner, NULL, a->commands);
    } else if (!set_variables(s, a->rest + 2, &error) ||
               !runner_push_file(runner, a->rest[1], &error)) {
        note_error(s, error);
        return;
    }
    runner_start(runner);
    g_main_loop_run(s->loop);
    progress_clear();
}

static Session *open_session(const Arguments *a, char *command_line, GError **error)
{
    bool runs = a->mode == MODE_RUN || a->mode == MODE_CHECK;
    g_autoptr(Session) s =
        session_new((SessionOptions){.dry = a->mode == MODE_CHECK,
                                     .json = a->json,
                                     .qemu = g_strdup(a->qemu),
                                     .command_line = command_line,
                                     .scenario = runs ? g_strdup(a->rest[1]) : NULL},
                    error);

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
static bool run_session(const Arguments *a, char *command_line, Verdict *verdict, GError **error)
{
    g_autoptr(Session) s = open_session(a, command_line, error);

    if (!s)
        return false;
    s->columns = tty_columns();
    signals_watch(on_signal, s);
    s->signalled = signals_pending;
    log_set_writer(write_log);
    run(s, a);
    finish(s);
    signals_watch(NULL, NULL);
    command_free_state(s);
    *verdict = s->verdict;
    s->verdict = (Verdict){0};
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

/* The runs are processes of their own: this one needs no session. */
static bool verify(const Arguments *a, Verdict *verdict, GError **error)
{
    g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
    VerifyPlan plan = {.runs = a->runs,
                       .registers = a->registers,
                       .devices = a->devices,
                       .print = print_finding,
                       .data = (void *)a};

    if (a->qemu)
        g_ptr_array_add(arguments, g_strdup_printf("--qemu=%s", a->qemu));
    if (a->log)
        g_ptr_array_add(arguments, g_strdup_printf("--log=%s", a->log));
    g_ptr_array_add(arguments, g_strdup("run"));
    for (char **p = a->rest + 1; *p; p++)
        g_ptr_array_add(arguments, g_strdup(*p));
    g_ptr_array_add(arguments, NULL);
    plan.arguments = (char **)arguments->pdata;
    return verify_run(&plan, verdict, error);
}

/* True if the verdict has been told as an event already. */
static bool run_mode(const Arguments *a, char **argv, Verdict *verdict, GError **error)
{
    int code;

    switch (a->mode) {
    case MODE_REPL:
    case MODE_RUN:
    case MODE_COMMANDS:
    case MODE_CHECK:
        return run_session(a, arguments_join(argv), verdict, error);
    case MODE_VERIFY:
        verify(a, verdict, error);
        return false;
    case MODE_AGENT:
        code = agent_run(a->cpus, METRONOME_VERSION, error);
        if (code > 0)
            verdict_note(verdict, outcome_of_exit_code(code), NULL, NULL);
        return false;
    case MODE_VERSION:
        output_print("metronome " METRONOME_VERSION "\n");
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
static void tell_last(const Verdict *v)
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
    bool told;

    process_prepare();
    setlocale(LC_CTYPE, "");
    told = arguments_parse(&a, argc, argv, &error) && run_mode(&a, argv, &verdict, &error);
    if (error)
        verdict_note(&verdict, command_outcome(error), NULL, error->message);
    note_loss(&verdict);
    verdict_end(&verdict);
    if (!told)
        tell_exit(&verdict, NULL, a.json);
    note_loss(&verdict); /* the event itself */
    tell_last(&verdict);
    arguments_clear(&a);
    return outcome_exit_code(verdict.outcome);
}
