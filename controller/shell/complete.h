/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * complete.h: finds possible continuations of a line of commands: the table's usage strings
 * (command/usage.h), filled in with names from the session and the file system. Used at the prompt
 * through readline, and by complete-shell.h.
 */
#ifndef SHELL_COMPLETE_H
#define SHELL_COMPLETE_H

#include "controller/session/session.h"

/* Sets up readline. The session must outlive the prompt. */
void complete_open(Session *session);

/*
 * Returns the words that can replace the end of `line` behind its first `size` bytes. The end is
 * the word under construction, or the part of the word behind its last '='. *files: a path is
 * possible too. The caller frees the array with g_ptr_array_unref().
 */
GPtrArray *complete_line(Session *session, const char *line, size_t size, bool *files);

#endif
