/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mark.h: recognises a run directory, and the processes that belong to it, with certainty. Pure but
 * for the process id in mark_text().
 *
 * A directory is recognised by a name as mkdtemp() makes it, and by a lock file that repeats this
 * name and identifies the directory as metronome's. A process is recognised by its environment or
 * its command line, which name the directory exactly as spawn.c does.
 */
#ifndef QEMU_MARK_H
#define QEMU_MARK_H

#include <glib.h>
#include <stdbool.h>

#define MARK_PREFIX     "metronome-"
#define MARK_NEW_PREFIX "." MARK_PREFIX /* a directory that is being made */
#define MARK_MODE       0700
#define MARK_NEW_MODE   01700 /* mkdtemp() never sets this mode: the directory is not complete */
#define MARK_MAX        256   /* bytes of a lock file that are read at most */

/* Environment variable of a launched QEMU: the node's folder, a number below the run directory. */
#define MARK_VARIABLE "METRONOME_RUN"

/* Environment variable of one whose disk keeps what the guest writes: it is asked to end, and is
 * killed only if it does not. */
#define MARK_PERSIST "METRONOME_PERSIST"

/* Whether a name is the prefix followed by the random letters of mkdtemp(). */
bool mark_is_name(const char *name, const char *prefix);

/* Content of the lock file of a directory with this name (no path). Free with g_free(). */
char *mark_text(const char *name);

/* Whether the text is the content of such a lock file. */
bool mark_is_text(const char *text, gsize size, const char *name);

/* Whether an environment or a command line, as in /proc, belongs to a process that was launched
 * with dir. dir is a run directory or a node's folder in it. */
bool mark_is_environment(const char *environment, gsize size, const char *dir);
bool mark_persists(const char *environment, gsize size);
bool mark_is_command_line(const char *command_line, gsize size, const char *dir);

#endif
