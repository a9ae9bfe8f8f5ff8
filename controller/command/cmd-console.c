/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd-console.c: node console, node transcript.
 *
 * While a guest has the terminal the ensemble runs towards a goal that it never reaches. The worker
 * reads the guest's bytes, as always; they come here through the console's tap, since a terminal
 * may block and a worker must not.
 */
#include "controller/base/fd.h"
#include "controller/base/tail.h"
#include "controller/base/text.h"
#include "controller/base/tty.h"
#include "controller/base/units.h"
#include "controller/command/args.h"
#include "controller/qemu/consoles.h"
#include "controller/run/run.h"
#include "controller/session/events.h"
#include "controller/session/journal.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/eventfd.h>

#define ESCAPE   '\x1d' /* Ctrl-] */
#define RETRY_MS 10

typedef struct {
    CommandCall *call;
    Console *console;
    int wake_fd; /* written by the worker */
    unsigned output, input, retry;
    GString *keys; /* that the guest has not taken yet */
    bool asked;    /* serve_keys() is about to be called */
    bool leaving;
} Visit;

/* The one that is under way: there is one terminal. NULL: none. */
static Visit *visiting;

/* In the worker's thread. */
static void wake(void *data)
{
    const Visit *v = data;

    eventfd_write(v->wake_fd, 1);
}

static void show_output(Visit *v)
{
    g_autoptr(GBytes) bytes = console_pop(v->console);
    gsize size = 0;
    const char *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;

    while (size > 0) {
        ssize_t n = write(STDOUT_FILENO, data, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return; /* a terminal that is gone shows itself at the other end */
        data += n;
        size -= (gsize)n;
    }
}

static gboolean on_output(gint fd, GIOCondition condition, gpointer data)
{
    eventfd_t value;

    (void)condition;
    if (eventfd_read(fd, &value) == 0)
        show_output(data);
    return G_SOURCE_CONTINUE;
}

/* --- keys --- */

static void leave(Visit *v)
{
    if (v->input)
        g_source_remove(v->input);
    v->input = 0;
    run_pause(v->call->session, NULL);
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer data);

static void listen_to_keys(Visit *v)
{
    v->input = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, v);
}

static gboolean on_retry(gpointer data);

/* Gives QEMU what it takes of the keys. */
static void type_keys(Visit *v)
{
    gssize n = console_type(v->console, v->keys->str, v->keys->len, NULL);

    if (n > 0)
        journal_typed(v->call->session, args_node(v->call), args_uart(v->call), JOURNAL_BY_TERMINAL,
                      v->keys->str, (gsize)n);
    if (n < 0)
        g_string_truncate(v->keys, 0); /* QEMU has ended, and with it the run ends */
    else
        g_string_erase(v->keys, 0, n);
}

/* With the ensemble at rest, so that the keys have a place at which they can be given again. If the
 * guest takes no more, nothing is read until it does. */
static void serve_keys(G_GNUC_UNUSED void *data)
{
    Visit *v = visiting;

    if (!v)
        return;
    v->asked = false;
    type_keys(v);
    if (v->leaving) {
        leave(v);
    } else if (v->keys->len > 0) {
        g_clear_handle_id(&v->input, g_source_remove);
        if (!v->retry)
            v->retry = g_timeout_add(RETRY_MS, on_retry, v);
    } else if (!v->input) {
        listen_to_keys(v);
    }
}

static void ask(Visit *v)
{
    if (v->asked)
        return;
    v->asked = true;
    run_service(v->call->session, serve_keys, NULL);
}

static gboolean on_retry(gpointer data)
{
    Visit *v = data;

    v->retry = 0;
    ask(v);
    return G_SOURCE_REMOVE;
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer data)
{
    Visit *v = data;
    char keys[256];
    ssize_t n = read(fd, keys, sizeof(keys));
    const char *escape = n > 0 ? memchr(keys, ESCAPE, (size_t)n) : NULL;

    (void)condition;
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return G_SOURCE_CONTINUE;
    if (n > 0)
        g_string_append_len(v->keys, keys, escape ? escape - keys : n);
    v->leaving = n <= 0 || escape;
    if (v->leaving)
        v->input = 0;
    ask(v);
    return v->leaving ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

/* --- the visit --- */

static void visit_end(Visit *v)
{
    Session *s = v->call->session;

    visiting = NULL;
    if (v->console)
        show_output(v);
    if (v->console)
        console_tap(v->console, NULL, NULL);
    if (v->input)
        g_source_remove(v->input);
    if (v->retry)
        g_source_remove(v->retry);
    g_source_remove(v->output);
    fd_clear(&v->wake_fd);
    g_string_free(v->keys, TRUE);
    tty_restore();
    s->console_open = false;
    events_flush(s->events);
    g_free(v);
}

static void on_run_done(const RunOutcome *o, void *data)
{
    Visit *v = data;
    CommandCall *call = v->call;
    GError *error = NULL;

    visit_end(v);
    /* The guest's last line may not be complete. */
    session_print(call->session, "\n");
    if (o->why)
        session_print(call->session, "%s\n", o->why);
    if (o->end == RUN_FAILED)
        error = g_error_new_literal(SESSION_ERROR, SESSION_ERROR_NODE, o->error->message);
    else if (call->session->interrupted)
        error = g_error_new_literal(SESSION_ERROR, SESSION_ERROR_INTERRUPTED, "interrupted");
    else if (o->end == RUN_EMPTY)
        session_print(call->session, "every guest has left\n");
    command_finish(call, error);
}

static CommandResult visit_begin(CommandCall *call, const Node *node, double pace, GError **error)
{
    Session *s = call->session;
    RunSpec spec = {.goal = {.time = {RUN_FOR_EVER}}, .pace = pace};
    Visit *v;

    session_print(s, "console of %s, Ctrl-] leaves it\n", call->args[0]);
    if (!tty_raw()) {
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "the terminal can't be set: %s",
                    g_strerror(errno));
        return COMMAND_FAILED;
    }
    v = g_new0(Visit, 1);
    visiting = v;
    v->call = call;
    v->console = node_console(node, args_uart(call));
    v->keys = g_string_new(NULL);
    v->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    v->output = g_unix_fd_add(v->wake_fd, G_IO_IN, on_output, v);
    listen_to_keys(v);
    console_tap(v->console, wake, v);
    s->console_open = true;
    if (run_start(s, &spec, on_run_done, v, error))
        return COMMAND_PARKED;
    visit_end(v);
    return COMMAND_FAILED;
}

static bool has_terminal(const CommandCall *call, GError **error)
{
    if (tty_is_there() && !call->session->options.json)
        return true;
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE,
                "%s needs a terminal as standard input and output%s; `send` and `wait-line` "
                "work without",
                call->command->name, call->session->options.json ? ", and no --json" : "");
    return false;
}

static bool no_console(const Node *node, GError **error)
{
    g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                "node %s has no console that metronome can read", node->name);
    return false;
}

/* The console of the node that the command names; NULL, with an error: it can't be read. */
static Console *find_console(const CommandCall *call, const Node *node, GError **error)
{
    Console *c = node->attached ? NULL : node_console(node, args_uart(call));

    if (!c)
        no_console(node, error);
    return c;
}

static bool has_console(const CommandCall *call, const Node *node, GError **error)
{
    return node_check(node, false, error) && find_console(call, node, error) &&
           has_terminal(call, error);
}

/* Of a check. */
static bool would_have_console(const Node *node, GError **error)
{
    return !node->attached || no_console(node, error);
}

/* --- its last lines --- */

/* A line for people, or for a program. ended: its end was printed. */
static void show_line(const Session *s, VTime at, const char *text, bool cut, bool ended)
{
    g_autofree char *time = units_format_seconds(at);
    Answer *row;

    if (!s->answer) {
        session_print(s, "[%s] %s%s\n", time, text, cut ? "…" : "");
        return;
    }
    row = answer_add(s->answer, "lines");
    answer_int(row, "virtual_ns", at.ns);
    answer_text(row, "text", text);
    answer_bool(row, "cut", cut);
    answer_bool(row, "ended", ended);
}

static void show_lines(const Session *s, const Console *c, unsigned n)
{
    const Recent *recent = console_recent(c);
    unsigned count = recent_count(recent), first = count > n ? count - n : 0;
    VTime at;

    if (s->answer)
        answer_list(s->answer, "lines");
    else if (n > count && recent_left_out(recent) > 0)
        session_print(s, "lines before these are in the log: %s\n", console_log_path(c));
    for (unsigned i = first; i < count; i++) {
        RecentLine line = recent_line(recent, i);
        g_autofree char *text = text_line(line.text, (gssize)line.size);

        show_line(s, line.at, text, line.cut > 0, true);
    }
    if (console_open_line(c, &at)) {
        g_autofree char *open = tail_of_file(console_log_path(c), 1);

        show_line(s, at, open ? g_strchomp(open) : "", false, false);
    }
}

static CommandResult exec_last(CommandCall *call, GError **error)
{
    const Session *s = call->session;
    const Node *node = args_node(call);
    const Console *c;

    if (s->options.dry)
        return would_have_console(node, error) ? command_would_reach(s, node, error)
                                               : COMMAND_FAILED;
    if (node->state == NODE_ADDED && !node_console(node, args_uart(call))) {
        node_check(node, true, error); /* says that it is not started */
        return COMMAND_FAILED;
    }
    c = find_console(call, node, error);
    if (!c)
        return COMMAND_FAILED;
    show_lines(s, c, (unsigned)args_count(call, "last", 20));
    return COMMAND_DONE;
}

const Command cmd_console = {
    .name = "console",
    .usage = "NODE[.PORT] [last=N]",
    .least = 1,
    .most = INT32_MAX,
    .help = "Show the last lines (20; 400 are kept) of a guest's console, or of that of PORT, each "
            "with its time",
    .exec = exec_last,
    .when = COMMAND_LOOKS,
};

/* --- giving the terminal to it --- */

static CommandResult exec_console(CommandCall *call, GError **error)
{
    Node *node = args_node(call);

    if (call->session->options.quiet && !has_terminal(call, error))
        return COMMAND_FAILED;
    if (call->session->options.dry)
        return would_have_console(node, error) ? command_would_reach(call->session, node, error)
                                               : COMMAND_FAILED;
    return has_console(call, node, error)
               ? visit_begin(call, node, args_number(call, "pace", 1.0), error)
               : COMMAND_FAILED;
}

const Command cmd_node_console = {
    .name = "node console",
    .usage = "NODE[.PORT] [pace=1.0|off]",
    .help = "Give the terminal to the guest's console, or to that of PORT, and let the "
            "ensemble run, in real time or as "
            "fast as "
            "it goes; Ctrl-] stops at the next barrier",
    .exec = exec_console,
    .outside = true,
    .terminal = true,
};

/* --- transcript --- */

static CommandResult exec_transcript(CommandCall *call, GError **error)
{
    Node *node = args_node(call);
    const char *path = args_text(call, "FILE"); /* NULL: off */
    Console *c;

    if (call->session->options.dry)
        return would_have_console(node, error) &&
                       (!path || (command_would_write(call->session, path, false, error) &&
                                  console_accepts_transcript(path, error)))
                   ? COMMAND_DONE
                   : COMMAND_FAILED;
    if (node->state == NODE_ADDED && args_uart(call) > 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    "node %s is not started: a transcript of a further UART begins behind `start`",
                    node->name);
        return COMMAND_FAILED;
    }
    if (node->state == NODE_ADDED) {
        if (path && !console_accepts_transcript(path, error))
            return COMMAND_FAILED;
        g_free(node->transcript);
        node->transcript = g_strdup(path);
        return COMMAND_DONE;
    }
    c = find_console(call, node, error);
    if (!c)
        return COMMAND_FAILED;
    if (console_transcript(c, path, error))
        return COMMAND_DONE;
    g_prefix_error(error, "node %s: ", node->name);
    return COMMAND_FAILED;
}

const Command cmd_node_transcript = {
    .name = "node transcript",
    .usage = "NODE[.PORT] FILE|off",
    .help = "Write each line of the node's console, or of PORT's, to a file from now on, "
            "with the virtual time of the "
            "barrier behind which it began",
    .exec = exec_transcript,
    .outside = true,
};
