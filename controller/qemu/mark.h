/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mark.h: by what a run directory and the processes that belong to it are known for certain.
 *
 * A directory: its name is as mkdtemp() makes it, and its lock file tells that it is metronome's,
 * with that name. A process: its environment or its command line names the directory exactly as
 * spawn.c does.
 */
#ifndef QEMU_MARK_H
#define QEMU_MARK_H

#include <glib.h>
#include <stdbool.h>

#define MARK_PREFIX     "metronome-"
#define MARK_NEW_PREFIX "." MARK_PREFIX /* in the making */
#define MARK_MODE       0700
#define MARK_NEW_MODE   01700 /* no mkdtemp() gives it: what has it was not done */
#define MARK_MAX        256   /* bytes of a lock file that are worth reading */

/* In the environment of a launched QEMU: its folder, a number below the run directory. */
#define MARK_VARIABLE "METRONOME_RUN"

/* Whether a name is the prefix and what mkdtemp() puts behind it. */
bool mark_is_name(const char *name, const char *prefix);

/* Content of the lock file of a directory of that name (without folder). */
char *mark_text(const char *name);

/* Whether that is the content of such a lock file. */
bool mark_is_text(const char *text, gsize size, const char *name);

/* Whether an environment or a command line, as in /proc, is that of a process that was launched
 * with dir, a run directory or a node's folder in it. */
bool mark_is_environment(const char *environment, gsize size, const char *dir);
bool mark_is_command_line(const char *command_line, gsize size, const char *dir);

#endif
