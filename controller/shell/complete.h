/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * complete.h: what can come next in a line of commands: the table's usage strings (command/usage.h),
 * filled in with what the session and the file system have. At the prompt through readline, and for
 * complete-shell.h.
 */
#ifndef SHELL_COMPLETE_H
#define SHELL_COMPLETE_H

#include "controller/session/session.h"

/* Sets readline up; the session must outlive the prompt. */
void complete_open(const Session *session);

/*
 * The words that can stand at the end of `line` in place of what is there behind its first `size`
 * bytes, which is the word that is being typed, or what it has behind its last '='. *files: a path
 * can stand there too. Free with g_ptr_array_unref().
 */
GPtrArray *complete_line(const Session *session, const char *line, size_t size, bool *files);

#endif
