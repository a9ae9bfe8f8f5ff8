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

/* Whether it is of a mode that has --report. */
bool arguments_records(const Arguments *arguments);
void arguments_clear(Arguments *arguments);

/* argv as a shell would take it; free with g_free(). */
char *arguments_join(char **argv);

#endif
