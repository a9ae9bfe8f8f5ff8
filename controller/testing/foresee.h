/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * foresee.h: what can be said of cases by a dry session, before anything runs: which of the command
 * line's variables each scenario uses, and whether a save can be begun with.
 *
 * A run refuses a variable that no line of its scenario uses, so each case gets those that it uses.
 */
#ifndef TESTING_FORESEE_H
#define TESTING_FORESEE_H

#include "controller/testing/collect.h"

#include <glib.h>
#include <stdbool.h>

/* The variable that stands for the folder of a case's run, where the command line does not set it. */
#define FORESEE_FOLDER "folder"

/* Whether the word is KEY=VALUE, not a FILE: a variable's name stands before '='. */
bool foresee_is_variable(const char *word);

/* Sets `variables` and `wants_folder` of all cases and boots. pairs: KEY=VALUE, NULL-terminated.
 * False: a variable is given twice, or no scenario uses it. */
bool foresee_variables(char *const *pairs, const Collection *collection, GError **error);

/* Looks whether this host can begin with the save in the folder. */
bool foresee_save(const char *folder, const char *qemu, GError **error);

#endif
