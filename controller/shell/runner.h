/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner.h: executes commands one after the other, from texts and files that include each other. A
 * parked command delays the commands behind it; the main loop continues meanwhile.
 */
#ifndef SHELL_RUNNER_H
#define SHELL_RUNNER_H

#include "controller/session/session.h"

typedef struct Runner Runner;

/* Texts of files by path; each file is read once. again: other processes read these files too, so a
 * file that can be read only once is refused. */
typedef struct Texts Texts;
Texts *texts_new(bool again);
void texts_free(Texts *texts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Texts, texts_free)

/* Called when all commands are done, or when a command has failed. */
typedef void (*RunnerDoneFunc)(void *data);

/* Creates a runner. keep_going: an error is reported and the next command follows (check, REPL). */
Runner *runner_new(Session *session, bool keep_going, RunnerDoneFunc done, void *data);
void runner_free(Runner *runner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Runner, runner_free)

/* Sets the source of files' texts. Without `texts` the runner reads each file at its include. */
void runner_set_texts(Runner *runner, Texts *texts);

/* Pushes the text to run next. name: for messages, or NULL. */
void runner_push_text(Runner *runner, const char *name, const char *text);
/* The same for a text whose first line has number `line`. */
void runner_push_lines(Runner *runner, const char *name, unsigned line, const char *text);
/* Pushes the file to run next. "-" is standard input. */
bool runner_push_file(Runner *runner, const char *path, GError **error);

/* Reports an error from before the first command like a failed command's error. Takes over the
 * error. */
void runner_refuse(Runner *runner, GError *error);

/* Runs the pushed texts in a dry session to their end, without the main loop. */
void runner_check(Runner *runner);

/* Runs the pushed texts from the main loop. One run at a time. */
void runner_start(Runner *runner);

/* Reports whether a command has failed. The session's verdict has the first failure, except at a
 * person's prompt. */
bool runner_failed(const Runner *runner);

/* The error of the first command that failed, owned by the runner; NULL: none did. */
const GError *runner_error(const Runner *runner);

/* Reports whether the command `quit` was executed. */
bool runner_quit(const Runner *runner);

#endif
