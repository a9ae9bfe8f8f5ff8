/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arguments.h: the command line: options and mode. An option that the mode has no use for is
 * refused, as whoever gives it expects something of it.
 */
#ifndef SHELL_ARGUMENTS_H
#define SHELL_ARGUMENTS_H

#include <glib.h>
#include <stdbool.h>

typedef enum {
    MODE_REPL,
    MODE_RUN,
    MODE_COMMANDS,
    MODE_CHECK,
    MODE_VERIFY,
    MODE_AGENT,
    MODE_MANUAL,  /* it is printed */
    MODE_VERSION, /* to be printed */
    MODE_HELP,    /* rest[1] and on: a command, as of `help` */
} Mode;

typedef struct {
    char *report, *qemu, *log, *commands, *sample, *cpus, *runs_text, *every_text;
    gboolean stdio, json, help, version, man, registers, devices;
    char **rest; /* mode and its arguments */
    Mode mode;
    unsigned runs, every; /* of verify */
} Arguments;

/* Sets the log's level. json and report are right also when it fails. */
bool arguments_parse(Arguments *arguments, int argc, char **argv, GError **error);

/* The options as GOption has them, with where their values go; free with g_free(). */
GOptionEntry *arguments_entries(Arguments *arguments);

/* The mode that a command line's first word names; MODE_REPL: none. */
Mode arguments_mode(const char *word);
/* The words that name a mode, NULL-terminated. */
const char *const *arguments_mode_words(void);

/* Whether what the mode does has the option "report", "log", …, of arguments_entries(). */
bool arguments_has_option(Mode mode, const char *name);

/* Whether it is of a mode that has --report. */
bool arguments_records(const Arguments *arguments);
void arguments_clear(Arguments *arguments);

/* argv as a shell would take it; free with g_free(). */
char *arguments_join(char **argv);

#endif
