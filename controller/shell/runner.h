/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner.h: carries out commands one after the other, from texts and files that include each other.
 * A command that parks holds the rest back; the main loop goes on meanwhile.
 */
#ifndef SHELL_RUNNER_H
#define SHELL_RUNNER_H

#include "controller/session/session.h"

typedef struct Runner Runner;

/* Texts of files by path, each read once. again: other processes are to read these files as well,
 * so one that can be read only once is refused. */
typedef struct Texts Texts;
Texts *texts_new(bool again);
void texts_free(Texts *texts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Texts, texts_free)

/* Called when all commands are done, or one failed. */
typedef void (*RunnerDoneFunc)(void *data);

/* keep_going: an error is told and the next command follows (check, REPL). */
Runner *runner_new(Session *session, bool keep_going, RunnerDoneFunc done, void *data);
void runner_free(Runner *runner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Runner, runner_free)

/* Where files are taken from; without it each is read when it is its turn. */
void runner_set_texts(Runner *runner, Texts *texts);

/* What is to be run next; name: for messages, NULL for none. */
void runner_push_text(Runner *runner, const char *name, const char *text);
/* As runner_push_text(), of a text whose first line has this number. */
void runner_push_lines(Runner *runner, const char *name, unsigned line, const char *text);
/* "-" is standard input. */
bool runner_push_file(Runner *runner, const char *path, GError **error);

/* Tells of an error that came before there was a command, as of one that failed; takes it over. */
void runner_refuse(Runner *runner, GError *error);

/* Runs what was pushed in a session that is dry, here and now, to its end. */
void runner_check(Runner *runner);

/* Runs what was pushed, from the main loop; one call at a time. */
void runner_start(Runner *runner);

/* A command has failed. The session's verdict has the first one, unless a person is at the prompt.
 */
bool runner_failed(const Runner *runner);

/* The command `quit` was given. */
bool runner_quit(const Runner *runner);

#endif
