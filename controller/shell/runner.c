/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner.c: a stack of texts with the innermost include on top. Each step runs one command of the
 * top.
 */
#include "controller/shell/runner.h"

#include "controller/base/log.h"
#include "controller/base/read-file.h"
#include "controller/base/text.h"
#include "controller/command/command.h"
#include "controller/command/lexer.h"
#include "controller/command/scenario-text.h"
#include "controller/session/events.h"
#include "controller/session/session-life.h"
#include "controller/shell/progress.h"
#include "controller/shell/signals.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Limit of nested files; no user nests deeper on purpose. */
#define MAX_INCLUDES 16
/* Of a file of commands. */
#define MOST_BYTES ((gsize)16 << 20)

typedef struct {
    char *name; /* for messages, or NULL */
    char *path; /* canonical path of a file, or NULL */
    char *text;
    const char *p;
    const char *counted; /* lines are counted up to here */
    unsigned line;       /* line number at `counted` */
} Source;

struct Runner {
    Session *session;
    bool keep_going;
    RunnerDoneFunc done;
    void *data;
    Texts *texts; /* not owned; NULL: each file is read at its include */
    GPtrArray *sources;
    CommandCall *call; /* the parked command, or NULL */
    char **words;      /* words of the parked command */
    char *where;       /* "FILE:LINE" of the current command, or NULL */
    GError *error;     /* the first failure, or NULL */
    bool failed, quit, over;
};

static void source_free(void *data)
{
    Source *s = data;

    g_free(s->name);
    g_free(s->path);
    g_free(s->text);
    g_free(s);
}

Runner *runner_new(Session *session, bool keep_going, RunnerDoneFunc done, void *data)
{
    Runner *r = g_new0(Runner, 1);

    r->session = session;
    r->keep_going = keep_going;
    r->done = done;
    r->data = data;
    r->sources = g_ptr_array_new_with_free_func(source_free);
    return r;
}

void runner_free(Runner *r)
{
    if (!r)
        return;
    g_ptr_array_unref(r->sources);
    g_strfreev(r->words);
    g_free(r->call);
    g_free(r->where);
    g_clear_error(&r->error);
    g_free(r);
}

bool runner_failed(const Runner *r)
{
    return r->failed;
}

const GError *runner_error(const Runner *r)
{
    return r->error;
}

bool runner_quit(const Runner *r)
{
    return r->quit;
}

void runner_push_lines(Runner *r, const char *name, unsigned line, const char *text)
{
    Source *s = g_new0(Source, 1);

    s->name = g_strdup(name);
    s->text = g_strdup(text);
    s->p = s->counted = s->text;
    s->line = line;
    g_ptr_array_add(r->sources, s);
    r->over = false;
}

void runner_push_text(Runner *r, const char *name, const char *text)
{
    runner_push_lines(r, name, 1, text);
}

static Source *top(const Runner *r)
{
    return r->sources->len ? r->sources->pdata[r->sources->len - 1] : NULL;
}

static bool check_loop(const Runner *r, const char *canonical, GError **error)
{
    for (unsigned i = 0; i < r->sources->len; i++) {
        const Source *s = r->sources->pdata[i];

        if (s->path && strcmp(s->path, canonical) == 0) {
            g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                        "include loop: '%s' is being run already", s->name);
            return false;
        }
    }
    if (r->sources->len <= MAX_INCLUDES)
        return true;
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "more than %d files include each other",
                MAX_INCLUDES);
    return false;
}

/* --- texts of files --- */

struct Texts {
    bool again;          /* other processes read the files, too */
    GHashTable *by_path; /* char * -> char * */
};

Texts *texts_new(bool again)
{
    Texts *t = g_new0(Texts, 1);

    t->again = again;
    t->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return t;
}

void texts_free(Texts *t)
{
    if (!t)
        return;
    g_hash_table_unref(t->by_path);
    g_free(t);
}

static char *read_text(const char *path, GError **error)
{
    bool standard_input = strcmp(path, "-") == 0;
    g_autofree char *bytes = NULL;
    char *text;
    GError *e = NULL;
    gsize size;

    bytes = read_file(standard_input ? "/dev/stdin" : path, MOST_BYTES, &size, &e);
    if (!bytes) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "can't read the commands: %s",
                    e->message);
        g_error_free(e);
        return NULL;
    }
    text = scenario_text(bytes, size, 1, error);
    if (!text)
        g_prefix_error(error, "%s: ", standard_input ? "stdin" : path);
    return text;
}

/* Reports whether the path means a descriptor of this process. In another process the same name is
 * another file. */
static bool is_own_descriptor(const char *path)
{
    return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdin") == 0 ||
           g_str_has_prefix(path, "/dev/fd/") || g_str_has_prefix(path, "/proc/self/");
}

/* Refuses a file that can be read only once, such as a pipe. */
static bool check_again(const char *path, GError **error)
{
    bool own = is_own_descriptor(path);
    struct stat st;

    if (!own && (stat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
        return true; /* reading the file reports any error */
    g_set_error(
        error, SESSION_ERROR, SESSION_ERROR_USAGE,
        "each run of `verify` reads '%s', and what comes from %s is there only once: put it "
        "into a file",
        path, own ? "standard input or a descriptor" : "a pipe");
    return false;
}

void runner_set_texts(Runner *r, Texts *texts)
{
    r->texts = texts;
}

bool runner_push_file(Runner *r, const char *path, GError **error)
{
    g_autofree char *canonical = realpath(path, NULL), *text = NULL;
    const char *known = r->texts ? g_hash_table_lookup(r->texts->by_path, path) : NULL;

    if ((canonical && !check_loop(r, canonical, error)) ||
        (r->texts && r->texts->again && !check_again(path, error)))
        return false;
    text = known ? g_strdup(known) : read_text(path, error);
    if (!text)
        return false;
    if (r->texts && !known)
        g_hash_table_insert(r->texts->by_path, g_strdup(path), g_strdup(text));
    runner_push_text(r, strcmp(path, "-") == 0 ? "stdin" : path, text);
    top(r)->path = g_strdup(canonical);
    return true;
}

/* Reports whether the text comes from the prompt or a pipe, and so was not checked before. */
static bool typed(const Runner *r)
{
    const Source *s = top(r);

    return !r->session->checking && !r->texts && s && !s->path;
}

static void checked(void *data)
{
    (void)data;
}

/* Checks the whole file before its first line runs. */
static bool check_file(const Runner *r, const char *path, GError **error)
{
    g_autoptr(Session) mirror = command_mirror(r->session, error);
    g_autoptr(Runner) check = mirror ? runner_new(mirror, true, checked, NULL) : NULL;

    if (!mirror || !runner_push_file(check, path, error))
        return false;
    runner_check(check);
    command_free_state(mirror);
    if (!check->failed)
        return true;
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "nothing of '%s' was run", path);
    return false;
}

/* Pushes an included file. A relative path starts at the folder of the including file. */
static bool include(Runner *r, const char *path, GError **error)
{
    const Source *s = top(r);
    g_autofree char *folder = s && s->path ? g_path_get_dirname(s->name) : g_strdup(".");
    g_autofree char *full = g_path_is_absolute(path) || strcmp(folder, ".") == 0
                                ? g_strdup(path)
                                : g_build_filename(folder, path, NULL);

    if (typed(r) && g_file_test(full, G_FILE_TEST_IS_REGULAR) && !check_file(r, full, error))
        return false;
    return runner_push_file(r, full, error);
}

static void report_error(Runner *r, const GError *error)
{
    Session *s = r->session;
    const char *where = r->where ? r->where : "";
    g_autofree char *message = text_brief(error->message);
    const char *const members[] = {"where", where, "message", message, NULL};

    session_event(s, "error", members);
    log_write(LOG_ERROR, "%s%s%s", where, *where ? ": " : "", message);
}

/* The outcome of an error. If the user asked to stop, a QEMU that no longer answered is not a
 * failure of the run. */
static Outcome outcome_of(const Runner *r, const GError *error)
{
    Outcome outcome = r->session->checking ? OUTCOME_USAGE : command_outcome(error);

    return outcome == OUTCOME_NODE_FAILED && session_stop_requested(r->session)
               ? OUTCOME_INTERRUPTED
               : outcome;
}

/* Reports an error and takes the error over. Returns true if the next command may follow. */
static bool after_error(Runner *r, GError *error)
{
    if (g_error_matches(error, SESSION_ERROR, SESSION_ERROR_QUIT)) {
        r->quit = true;
        g_error_free(error);
        return false;
    }
    report_error(r, error);
    if (!r->error)
        r->error = g_error_copy(error);
    r->failed = true;
    if (!r->session->interactive)
        session_note(r->session, outcome_of(r, error), error->message);
    g_error_free(error);
    return r->keep_going;
}

void runner_refuse(Runner *r, GError *error)
{
    g_clear_pointer(&r->where, g_free);
    session_set_where(r->session, NULL);
    after_error(r, error);
}

static void end(Runner *r)
{
    g_ptr_array_set_size(r->sources, 0);
    session_set_where(r->session, NULL);
    r->over = true;
    r->done(r->data);
}

/* Sets the current command's place. `at` is never before the last one, so lines are counted once
 * only. */
static void set_where(Runner *r, Source *s, const char *at)
{
    for (; (s->counted = memchr(s->counted, '\n', (size_t)(at - s->counted))); s->counted++)
        s->line++;
    s->counted = at;
    g_free(r->where);
    r->where = s->name ? g_strdup_printf("%s:%u", s->name, s->line) : NULL;
    session_set_where(r->session, r->where);
}

static void step(Runner *r);

static gboolean step_idle(gpointer data)
{
    step(data);
    return G_SOURCE_REMOVE;
}

static void on_done(CommandCall *call, GError *error)
{
    Runner *r = call->session->runner;

    progress_end();
    g_clear_pointer(&r->words, g_strfreev);
    g_clear_pointer(&r->call, g_free);
    if (error && !after_error(r, error))
        end(r);
    else
        g_idle_add(step_idle, r);
}

/* In a check: records the effects of a valid command, and drops the error of a command that refers
 * to a doubtful name. */
static CommandResult settle_checked(const CommandCall *call, char **words, CommandResult result,
                                    GError **error)
{
    if (result != COMMAND_FAILED) {
        command_accept(call);
    } else if (command_forgive(call, words, *error)) {
        g_clear_error(error);
        return COMMAND_DONE;
    }
    return result;
}

/* Runs a command. Returns true if the next command may follow at once. */
static bool execute(Runner *r, char **words)
{
    GError *error = NULL;
    CommandCall *call = g_new0(CommandCall, 1);
    CommandResult result;

    *call = (CommandCall){.session = r->session, .where = r->where, .done = on_done};
    result = command_begin(call, words, &error);
    if (result == COMMAND_PARKED) {
        progress_begin(r->session);
        r->call = call;
        return false;
    }
    if (result == COMMAND_INCLUDE && !include(r, call->include, &error))
        result = COMMAND_FAILED;
    if (r->session->checking)
        result = settle_checked(call, words, result, &error);
    g_free(call->include);
    g_free(call);
    return result != COMMAND_FAILED || after_error(r, error);
}

/* Handles text at `start` that is not a command; s->p is the place of the fault. */
static bool refuse_text(Runner *r, Source *s, const char *start, GError *error)
{
    const char *fault = s->p;

    set_where(r, s, fault);
    if (g_error_matches(error, LEXER_ERROR, LEXER_ERROR_QUOTE)) {
        s->p += strlen(s->p);
        checking_doubt_all(r->session->checking); /* all text behind the open quote */
    } else if (r->session->checking) {
        s->p = start;
        if (!command_mend(r->session, &s->p))
            s->p = fault + strcspn(fault, "\n");
        s->p = MAX(s->p, fault);
        if (!checking_is_sure(r->session->checking) &&
            g_error_matches(error, LEXER_ERROR, LEXER_ERROR_VARIABLE)) {
            g_error_free(error); /* a file not included may set the variable */
            return true;
        }
    }
    return after_error(r, error);
}

/* Ends a run of commands if a node failed while no command ran. At the prompt the failure was
 * reported already. */
static bool report_lost_node(Runner *r)
{
    Session *s = r->session;
    g_autoptr(GError) lost = NULL;

    events_look(s->events);
    lost = g_steal_pointer(&s->lost);
    if (!lost || s->interactive)
        return false;
    after_error(r, g_error_new_literal(SESSION_ERROR, SESSION_ERROR_NODE, lost->message));
    return true;
}

/* Runs one command. Returns true if the next command may follow at once. */
static bool next(Runner *r)
{
    Source *s = top(r);
    g_auto(GStrv) words = NULL;
    GError *error = NULL;
    const char *start;
    bool more;

    s->p += strspn(s->p, " \t\r\n;");
    if (!*s->p) {
        g_ptr_array_remove_index(r->sources, r->sources->len - 1);
        return true;
    }
    set_where(r, s, s->p);
    start = s->p;
    words = command_read(r->session, &s->p, &error);
    if (!words)
        return refuse_text(r, s, start, error);
    if (!words[0])
        return true;
    if (report_lost_node(r))
        return false;
    more = execute(r, words);
    if (r->call) /* the call uses its words until the end */
        r->words = g_steal_pointer(&words);
    return more;
}

static void step(Runner *r)
{
    while (r->sources->len > 0) {
        signals_serve(); /* commands that need not wait do not return to the main loop */
        if (r->session->interrupted && !r->keep_going) {
            after_error(r, g_error_new(SESSION_ERROR, SESSION_ERROR_INTERRUPTED, "interrupted"));
            break;
        }
        if (!next(r)) {
            if (r->call)
                return;
            break;
        }
    }
    end(r);
}

void runner_check(Runner *r)
{
    r->session->runner = r;
    while (r->sources->len > 0)
        next(r);
    end(r);
}

void runner_start(Runner *r)
{
    r->session->runner = r;
    g_idle_add(step_idle, r);
}
