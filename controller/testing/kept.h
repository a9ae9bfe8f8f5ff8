/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kept.h: the folder that a failed case leaves below --keep DIR: DIR/CASE, DIR/CASE.run-N of
 * further runs, and DIR/BOOT.boot. Such a folder has a file case.txt with a first line that marks it; only a folder with
 * this mark is ever replaced or removed.
 */
#ifndef TESTING_KEPT_H
#define TESTING_KEPT_H

#include "controller/testing/collect.h"

#include <glib.h>
#include <stdbool.h>

/* What case.txt tells. */
typedef struct {
    const char *name;       /* path of the scenario */
    const char *boot;       /* path of its boot, or NULL */
    char *const *variables; /* KEY=VALUE…, NULL-terminated */
    const char *again;      /* the command that runs it again */
    const TestResult *result;
} Kept;

/* In place of the number of a run: the run of a boot. */
#define KEPT_BOOT 0

/* The folder of a scenario's run (from 1) below `keep`; free with g_free(). */
char *kept_folder(const char *keep, const char *name, unsigned run);

/* Makes DIR, and looks whether all folders can be made in it. False: the error names what is in the
 * way. */
bool kept_check(const char *keep, const Collection *collection, GError **error);

/* Makes the folder, empty but for its mark, in place of an older one. Returns a descriptor, which the
 * caller closes when the run has ended: as long as it is open no other runner replaces the folder. -1: an
 * error; nothing in the folder was changed if another runner has it. */
int kept_begin(const char *folder, GError **error);

/* Removes what an earlier `--runs` has left beside this folder of a first run: that of further runs. */
void kept_forget_runs(const char *folder);

/* Removes the folder of a case that passed, and the folders above it that are empty, up to `keep`. */
void kept_remove(const char *keep, const char *folder);

/* Writes case.txt: how the run ended, and the commands that run it again and open it. */
bool kept_end(const char *folder, const Kept *kept, GError **error);

/* The save of the failure in the folder, if there is one; free with g_free(). */
char *kept_save(const char *folder);

#endif
