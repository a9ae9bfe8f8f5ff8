/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * call.h: one command of a program at the control socket, its typed answer and its text caught. Another
 * may be carried out while one is parked, if that is possible at any time. Main thread.
 *
 * While a command is parked others may print (watches, what nodes tell), so its output is caught
 * while it begins, and from command_resume() to its end.
 */
#ifndef SERVE_CALL_H
#define SERVE_CALL_H

#include "controller/command/command.h"

typedef struct Call Call;

/* answer: what it has found, with "text" for what it printed and "warnings", if there is anything;
 * never NULL. error: why it
 * failed, or NULL. Both are the caller's during the call only. */
typedef void (*CallFunc)(const Answer *answer, const GError *error, void *data);

/* Carries out the command that the words are, which are copied. done is called once: before this
 * returns NULL, or later, and until then the Call is under way. */
Call *call_begin(Session *session, char **words, CallFunc done, void *data);

/* A warning, which goes into the answer of the command that is carried out now, or of the one that
 * is parked. */
void call_warned(const char *text);

#endif
