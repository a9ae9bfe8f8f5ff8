/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * repl.c: runs readline through its callback interface, fed by the main loop. While a command runs,
 * the prompt is removed and no line is read.
 */
#include "controller/shell/repl.h"

#include "controller/base/log.h"
#include "controller/base/tty.h"
#include "controller/run/run.h"
#include "controller/shell/complete.h"
#include "controller/shell/history.h"
#include "controller/shell/pipe.h"
#include "controller/shell/progress.h"
#include "controller/shell/prompt.h"
#include "controller/shell/repeat.h"
#include "controller/shell/runner.h"
#include "controller/shell/screen.h"
#include "controller/shell/signals.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <readline/readline.h>

/* Period in ms at which the prompt follows an ensemble that runs in the background. */
#define FOLLOW_MS 250

static Session *session;
static Runner *runner;
static unsigned input;   /* watches the terminal: at the prompt for keys, else for its end */
static unsigned follow;  /* timer while the ensemble runs behind the prompt */
static bool busy;        /* a line is running */
static unsigned presses; /* Ctrl-C presses since the line began to run */
static bool leaving;     /* a signal came: leave at the end of the running line */
static char *repeatable; /* the line that an empty line repeats */

static void on_line(char *line);
static void listen_for_end(void);

static void picture(PromptPicture *out)
{
    *out = (PromptPicture){.started = session->started, .running = engine_running(session->engine)};
    for (unsigned i = 0; i < session->nodes->len; i++) {
        const Node *n = session->nodes->pdata[i];

        out->live += node_is_live(n);
        out->off += node_state_has_left(n->state);
        out->failed += n->state == NODE_FAILED;
    }
}

static char *prompt(void)
{
    PromptPicture p;

    picture(&p);
    return prompt_text(&p, engine_now(session->engine), tty_has_colour(fileno(rl_outstream)));
}

/* --- while the prompt is shown --- */

static void refresh(void)
{
    g_autofree char *text = prompt();

    screen_change_prompt(text);
}

static gboolean on_follow(gpointer data)
{
    (void)data;
    refresh();
    if (engine_running(session->engine))
        return G_SOURCE_CONTINUE;
    follow = 0;
    return G_SOURCE_REMOVE;
}

/* For Session.on_change. */
static void on_change(void)
{
    if (busy)
        return;
    refresh();
    if (!follow && engine_running(session->engine))
        follow = g_timeout_add(FOLLOW_MS, on_follow, NULL);
}

static void leave(void)
{
    g_main_loop_quit(session->loop);
}

static void leave_interrupted(const char *why)
{
    session_note(session, OUTCOME_INTERRUPTED, why);
    leave();
}

static gboolean on_input(gint fd, GIOCondition condition, gpointer data)
{
    (void)fd;
    (void)data;
    if (condition & G_IO_IN)
        rl_callback_read_char();
    else
        leave_interrupted("the terminal is gone");
    return G_SOURCE_CONTINUE;
}

static void watch_terminal(GIOCondition condition, GUnixFDSourceFunc func)
{
    g_clear_handle_id(&input, g_source_remove);
    input = g_unix_fd_add(STDIN_FILENO, condition | G_IO_HUP | G_IO_ERR, func, NULL);
}

static void listen_to_user(void)
{
    g_autofree char *text = prompt();

    busy = false;
    screen_prompt(text, on_line);
    watch_terminal(G_IO_IN, on_input);
    on_change();
}

/* --- while a line runs --- */

static void run_line(const char *line)
{
    busy = true;
    presses = 0;
    g_clear_handle_id(&follow, g_source_remove);
    listen_for_end();
    session->interrupted = false;
    signals_calm();
    runner_push_text(runner, NULL, line);
    runner_start(runner);
}

static void on_line(char *line)
{
    screen_unprompt();
    if (!line) {
        fputc('\n', rl_outstream);
        leave();
    } else if (*line) {
        history_enter(line);
        if (repeat_allowed(line)) {
            g_free(repeatable);
            repeatable = g_strdup(line);
        }
        run_line(line);
    } else if (repeatable) {
        run_line(repeatable);
    } else {
        listen_to_user();
    }
    free(line);
}

static void on_done(void *data)
{
    (void)data;
    signals_serve(); /* signals of this time were for the line */
    progress_clear();
    if (leaving)
        leave_interrupted("interrupted");
    else if (runner_quit(runner))
        leave();
    else
        listen_to_user();
}

static void stop_running(void)
{
    session->interrupted = true;
    /* At the prompt a person may wait for the barrier, or press Ctrl-C again. */
    if (engine_running(session->engine) && leaving)
        session_interrupt(session);
    else if (engine_running(session->engine))
        engine_interrupt(session->engine);
    else if (!session->on_interrupt)
        run_pause(session, NULL);
    if (session->on_interrupt)
        session->on_interrupt(session);
}

static gboolean on_end_of_terminal(gint fd, GIOCondition condition, gpointer data)
{
    (void)fd;
    (void)condition;
    (void)data;
    leaving = true;
    stop_running();
    input = 0; /* else the source would fire again and again */
    return G_SOURCE_REMOVE;
}

static void listen_for_end(void)
{
    watch_terminal(0, on_end_of_terminal);
}

/* --- signals --- */

static void on_interrupt(void)
{
    if (!busy) {
        screen_abandon_line();
        listen_to_user();
        return;
    }
    switch (++presses) {
    case 1:
        stop_running();
        log_info("interrupted: stopping at the next barrier");
        break;
    case 2:
        screen_log("metronome: waiting for the next barrier; Ctrl-C once more ends metronome\n");
        break;
    default:
        signals_exit();
    }
}

static void on_signal(int number, void *data)
{
    (void)data;
    if (number == SIGINT) {
        on_interrupt();
    } else if (!busy) {
        leave_interrupted("interrupted");
    } else if (leaving) {
        signals_exit();
    } else {
        leaving = true;
        stop_running();
    }
}

static gboolean on_resize(gpointer data)
{
    (void)data;
    session->columns = tty_columns();
    rl_resize_terminal();
    return G_SOURCE_CONTINUE;
}

/* --- run --- */

static void run_terminal(void)
{
    session->interactive = true;
    tty_remember();
    screen_open();
    log_set_writer(screen_log);
    session->on_output = screen_output;
    session->on_change = on_change;
    history_open();
    complete_open(session);
    signals_watch(on_signal, NULL);
    signals_on_resume(screen_resume);
    g_unix_signal_add(SIGWINCH, on_resize, NULL);
    runner = runner_new(session, false, on_done, NULL);
    listen_to_user();
    g_main_loop_run(session->loop);
    g_clear_handle_id(&input, g_source_remove);
    g_clear_handle_id(&follow, g_source_remove);
    history_close();
    screen_close();
    log_set_writer(NULL);
    session->on_output = NULL;
    session->on_change = NULL;
    g_clear_pointer(&runner, runner_free);
    g_clear_pointer(&repeatable, g_free);
    tty_restore();
}

void repl_run(Session *s)
{
    session = s;
    if (isatty(STDIN_FILENO) && (isatty(STDOUT_FILENO) || isatty(STDERR_FILENO)))
        run_terminal();
    else
        pipe_run(s);
}
