/* SPDX-License-Identifier: GPL-3.0-or-later */
/* case.h: a case, and the boot that several cases may begin behind. */
#ifndef TESTING_CASE_H
#define TESTING_CASE_H

#include "controller/testing/header.h"
#include "controller/testing/result.h"

#include <glib.h>
#include <stdbool.h>

typedef enum { BOOT_WAITS, BOOT_RUNS, BOOT_READY, BOOT_FAILED } BootState;

/* A scenario that is run once and saved, or a save. */
typedef struct {
    char *path;      /* as written, beside the case */
    char *canonical; /* the same file has the same one */
    char *save;      /* folder of the save; NULL: not known yet */
    bool is_save;    /* `path` is a save: nothing is to be run */
    Header header;
    char **variables;  /* KEY=VALUE… that it uses, NULL-terminated */
    bool wants_folder; /* it uses $folder */
    BootState state;
    TestResult result;
} Boot;

typedef struct {
    char *name;      /* its path, as given or below the folder given */
    char *canonical; /* absolute path, links resolved */
    bool found;      /* in a folder, not named */
    Header header;
    Boot *boot;        /* not owned; NULL: it begins by itself */
    char **variables;  /* KEY=VALUE… that it uses, NULL-terminated */
    bool wants_folder; /* it uses $folder */
    TestResult *results;
    unsigned runs;    /* how many results there are room for */
    unsigned started; /* runs that have been started, or given up */
    unsigned ended;
    char *again; /* the command that runs it again; NULL: it has not ended */
} TestCase;

void boot_free(void *boot);
void case_free(void *test_case);

/* The result that counts: that of the first run that did not pass, else that of the first run. */
const TestResult *case_result(const TestCase *test_case);

/* The number of that run, from 1. */
unsigned case_result_run(const TestCase *test_case);

#endif
