/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen.c: wraps readline: each output removes the prompt, prints, and redraws the prompt.
 */
#include "controller/shell/screen.h"

#include "controller/base/output.h"
#include "controller/shell/progress.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <readline/readline.h>

static GThread *owner;
static bool prompted;
static bool at_line_start = true; /* the terminal is at the start of a line, by our own output */

static GMutex lock; /* protects `lines` and `waker` */
static GQueue lines = G_QUEUE_INIT;
static unsigned waker;

/* Readline uses the line for a search; the prompt is then readline's, not ours. */
static bool searching(void)
{
    return RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_NUMERICARG);
}

static void put(FILE *stream, const char *text)
{
    fflush(stream);
    if (stream == stdout) {
        output_print(text);
        return;
    }
    fputs(text, stream);
    fflush(stream);
}

static void show(FILE *stream, const char *text)
{
    bool terminal = isatty(fileno(stream));

    if (terminal && prompted) {
        rl_clear_visible_line();
        fflush(rl_outstream);
    } else if (terminal) {
        progress_clear();
    }
    put(stream, text);
    if (terminal && *text)
        at_line_start = g_str_has_suffix(text, "\n");
    if (terminal && prompted && !at_line_start) {
        put(stream, "\n");
        at_line_start = true;
    }
    if (terminal && prompted) {
        rl_on_new_line();
        rl_redisplay();
    }
}

void screen_output(const char *text, void *data)
{
    (void)data;
    show(stdout, text);
}

/* --- log --- */

static void drain(void)
{
    for (;;) {
        g_autofree char *line = NULL;

        g_mutex_lock(&lock);
        line = g_queue_pop_head(&lines);
        g_mutex_unlock(&lock);
        if (!line)
            return;
        show(stderr, line);
    }
}

static gboolean drain_later(gpointer data)
{
    (void)data;
    g_mutex_lock(&lock);
    waker = 0;
    g_mutex_unlock(&lock);
    drain();
    return G_SOURCE_REMOVE;
}

void screen_log(const char *line)
{
    g_mutex_lock(&lock);
    g_queue_push_tail(&lines, g_strdup(line));
    if (g_thread_self() != owner && !waker)
        waker = g_idle_add_full(G_PRIORITY_DEFAULT, drain_later, NULL, NULL);
    g_mutex_unlock(&lock);
    if (g_thread_self() == owner)
        drain();
}

/* --- the prompt --- */

void screen_prompt(const char *text, void (*on_line)(char *line))
{
    if (!at_line_start)
        fputc('\n', rl_outstream);
    at_line_start = true;
    rl_callback_handler_install(text, on_line);
    prompted = true;
}

void screen_change_prompt(const char *text)
{
    if (!prompted || searching() || strcmp(text, rl_prompt ? rl_prompt : "") == 0)
        return;
    rl_clear_visible_line();
    rl_set_prompt(text);
    rl_on_new_line();
    rl_redisplay();
}

void screen_unprompt(void)
{
    rl_callback_handler_remove();
    prompted = false;
}

void screen_resume(void)
{
    if (!prompted)
        return;
    rl_deprep_terminal(); /* else readline would assume an unchanged terminal */
    rl_prep_terminal(1);
    rl_on_new_line();
    rl_redisplay();
}

void screen_abandon_line(void)
{
    rl_callback_sigcleanup(); /* also ends a search */
    rl_free_line_state();
    rl_point = rl_end; /* for a line longer than the screen's width */
    rl_redisplay();
    fputs("^C\n", rl_outstream);
    fflush(rl_outstream);
    screen_unprompt();
}

void screen_open(void)
{
    owner = g_thread_self();
    rl_readline_name = "metronome";
    rl_catch_signals = 0; /* the main loop handles signals */
    rl_catch_sigwinch = 0;
    rl_change_environment = 0; /* QEMU inherits the environment */
    rl_instream = stdin;
    rl_outstream = isatty(STDOUT_FILENO) ? stdout : stderr;
}

void screen_close(void)
{
    if (prompted) {
        screen_unprompt();
        fputc('\n', rl_outstream);
        fflush(rl_outstream);
    }
    g_mutex_lock(&lock);
    if (waker)
        g_source_remove(waker);
    waker = 0;
    g_mutex_unlock(&lock);
    drain();
}
