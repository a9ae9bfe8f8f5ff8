/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * repl.c: readline through its callback interface, fed by the main loop: while a command is parked
 * the prompt is taken away and no line is read.
 */
#include "controller/shell/repl.h"

#include "controller/base/units.h"
#include "controller/shell/progress.h"
#include "controller/shell/runner.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

static Session *session;
static Runner *runner;
static unsigned input;

static void on_line(char *line);

static void prompt(void)
{
    g_autofree char *now = units_format_seconds(engine_now(session->engine));
    g_autofree char *text =
        g_strdup_printf("metronome %s%s> ", now, session->started ? " paused" : "");

    rl_callback_handler_install(text, on_line);
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer data)
{
    (void)fd;
    (void)condition;
    (void)data;
    rl_callback_read_char();
    return input != 0;
}

static void listen_to_user(void)
{
    prompt();
    input = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, on_input, NULL);
}

static void stop_listening(void)
{
    rl_callback_handler_remove();
    if (input)
        g_source_remove(input);
    input = 0;
}

static void on_line(char *line)
{
    if (!line) {
        stop_listening();
        putchar('\n');
        g_main_loop_quit(session->loop);
        return;
    }
    stop_listening();
    if (*line)
        add_history(line);
    session->interrupted = false;
    runner_push_text(runner, NULL, line);
    runner_start(runner);
    free(line);
}

static void on_done(void *data)
{
    (void)data;
    progress_clear();
    if (runner_quit(runner) || !isatty(STDIN_FILENO))
        g_main_loop_quit(session->loop);
    else
        listen_to_user();
}

/* Not a terminal: the whole input is one text. */
static bool push_pipe(void)
{
    GString *text = g_string_new(NULL);
    char chunk[4096];
    size_t n;

    while ((n = fread(chunk, 1, sizeof(chunk), stdin)) > 0)
        g_string_append_len(text, chunk, (gssize)n);
    runner_push_text(runner, "stdin", text->str);
    g_string_free(text, TRUE);
    return true;
}

int repl_run(Session *s)
{
    bool terminal = isatty(STDIN_FILENO);
    int code;

    session = s;
    runner = runner_new(s, terminal, on_done, NULL);
    if (terminal) {
        rl_catch_signals = 0; /* the main loop has them */
        listen_to_user();
    } else {
        push_pipe();
        runner_start(runner);
    }
    g_main_loop_run(s->loop);
    stop_listening();
    code = terminal ? 0 : runner_exit_code(runner);
    runner_free(runner);
    return code;
}
