/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pipe.c: runs lines one after the other as they arrive, so that a program can drive metronome and
 * read the output of each command. Nothing is read while a command runs.
 */
#include "controller/shell/pipe.h"

#include "controller/command/lexer.h"
#include "controller/command/scenario-text.h"
#include "controller/shell/runner.h"
#include "controller/shell/signals.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

static Session *session;
static Runner *runner;
static GString *text;  /* read, not run yet */
static unsigned line;  /* line number of the first line of `text` */
static unsigned input; /* the GLib source; 0 while a command runs */
static bool ended;     /* end of input reached */

static void quit(void)
{
    g_clear_handle_id(&input, g_source_remove);
    g_main_loop_quit(session->loop);
}

/* Returns the length of the first complete commands: whole lines that do not end in an open
 * quote. */
static size_t ready(void)
{
    size_t length = 0;

    do {
        const char *end = memchr(text->str + length, '\n', text->len - length);

        if (!end)
            return ended ? text->len : 0;
        length = (size_t)(end + 1 - text->str);
    } while (lexer_is_open(text->str, length) && (length < text->len || !ended));
    return length;
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer data);

/* Pushes the first `length` bytes to the runner. */
static bool push(size_t length)
{
    GError *error = NULL;
    g_autofree char *commands = scenario_text(text->str, length, line, &error);

    if (!commands) {
        g_prefix_error(&error, "stdin: ");
        runner_refuse(runner, error);
        return false;
    }
    runner_push_lines(runner, "stdin", line, commands);
    for (const char *p = commands; *p; p++)
        line += *p == '\n';
    g_string_erase(text, 0, (gssize)length);
    return true;
}

static void go_on(void)
{
    size_t length = ready();

    g_clear_handle_id(&input, g_source_remove);
    if (length > 0) {
        if (!push(length))
            quit();
        else
            runner_start(runner);
    } else if (ended) {
        quit();
    } else {
        input = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, NULL);
    }
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer data)
{
    char chunk[4096];
    ssize_t n = read(fd, chunk, sizeof(chunk));

    (void)condition;
    (void)data;
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return G_SOURCE_CONTINUE;
    if (n > 0)
        g_string_append_len(text, chunk, n);
    ended = n <= 0;
    input = 0;
    go_on();
    return G_SOURCE_REMOVE;
}

static void on_done(void *data)
{
    (void)data;
    if (runner_quit(runner) || runner_failed(runner))
        quit();
    else
        go_on();
}

static void on_signal(int number, void *data)
{
    (void)number;
    (void)data;
    signals_stop(session);
    if (input) { /* no command runs */
        session_note(session, OUTCOME_INTERRUPTED, "interrupted");
        quit();
    }
}

void pipe_run(Session *s)
{
    session = s;
    runner = runner_new(s, false, on_done, NULL);
    text = g_string_new(NULL);
    line = 1;
    signals_watch(on_signal, NULL);
    go_on();
    g_main_loop_run(s->loop);
    g_clear_pointer(&runner, runner_free);
    g_string_free(text, TRUE);
}
