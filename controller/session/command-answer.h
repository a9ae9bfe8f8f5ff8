/* SPDX-License-Identifier: GPL-3.0-or-later */
/* command-answer.h: what a shell command of this host prints. */
#ifndef SESSION_COMMAND_ANSWER_H
#define SESSION_COMMAND_ANSWER_H

#include <glib.h>
#include <stdbool.h>

/* All that a shell command writes to stdout, without white space at its end; free with g_free(). Waits
 * limit_s at most (0: for ever). stop(data), called several times a second: true ends the wait. NULL,
 * with an error: it printed nothing, which quotes its stderr (SESSION_ERROR_USAGE), or the wait was
 * ended (SESSION_ERROR_INTERRUPTED). Any thread that lives until the command has ended. */
char *command_answer(const char *command, unsigned limit_s, bool (*stop)(void *data), void *data,
                     GError **error);

#endif
