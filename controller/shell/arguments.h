/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arguments.h: parses the command line: options and mode. An option that the mode does not use is
 * refused, because the user expects an effect of the option.
 */
#ifndef SHELL_ARGUMENTS_H
#define SHELL_ARGUMENTS_H

#include "controller/base/vtime.h"

#include <glib.h>
#include <stdbool.h>

typedef enum {
    MODE_REPL,
    MODE_RUN,
    MODE_COMMANDS,
    MODE_LISTEN, /* rest, if there is one: "run", FILE, … */
    MODE_CHECK,
    MODE_VERIFY,
    MODE_TEST, /* rest[1] and on: FILE and KEY=VALUE */
    MODE_AGENT,
    MODE_MANUAL,  /* arguments_parse() has printed it */
    MODE_VERSION, /* the caller prints the version */
    MODE_SCHEMA,  /* rest[1]: of what; NULL: the names */
    MODE_HELP,    /* rest[1] and on: a command, as for `help` */
} Mode;

typedef struct {
    char *report, *from, *failure, *qemu, *log, *commands, *listen, *sample, *cpus, *runs_text,
        *every_text, *end, *limit_text, *timeout_text, *junit, *jobs_text, *filter, *keep;
    gboolean stdio, json, help, version, man, registers, devices, tap, list;
    char **rest; /* the mode and its arguments */
    Mode mode;
    unsigned runs, every; /* runs: for verify and test; every: for verify */
    unsigned jobs;        /* for test; 0: not given */
    VTime limit;          /* of virtual time; 0: none */
    HTime timeout;        /* for test: host time of each case; 0: none */
} Arguments;

/* Parses the command line and sets the log's level. `json` and `report` are valid even after a
 * failure. */
bool arguments_parse(Arguments *arguments, int argc, char **argv, GError **error);

/* Returns GOption's entries; the values go to *arguments. The caller frees the entries with
 * g_free(). */
GOptionEntry *arguments_entries(Arguments *arguments);

/* Returns the mode that the first word of a command line names; MODE_REPL if the word names no
 * mode. */
Mode arguments_mode(const char *word);
/* Words that name a mode, NULL-terminated. */
const char *const *arguments_mode_words(void);

/* Reports whether a mode has the option "report", "log", … of arguments_entries(). */
bool arguments_has_option(Mode mode, const char *name);

/* Reports whether the arguments' mode has --report. */
bool arguments_records(const Arguments *arguments);
void arguments_clear(Arguments *arguments);

/* Returns argv in the quoting of a shell; the caller frees the text with g_free(). */
char *arguments_join(char **argv);

#endif
