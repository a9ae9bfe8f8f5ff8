/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collect.h: finds the cases that a command line names, and their boots, before anything runs.
 *
 * A word is a scenario, or a folder: all *.mtr below it, sorted by name; hidden folders, linked
 * folders and the folder `keep` are left out. A scenario in a folder that is another one's boot is no
 * case.
 */
#ifndef TESTING_COLLECT_H
#define TESTING_COLLECT_H

#include "controller/testing/case.h"

#include <glib.h>
#include <stdbool.h>

typedef struct {
    GPtrArray *cases; /* TestCase, in order */
    GPtrArray *boots; /* Boot, in the order in which cases name them */
} Collection;

typedef struct {
    char *const *words; /* scenarios and folders, NULL-terminated */
    const char *from;   /* scenario or save that all cases begin behind, or NULL */
    const char *filter; /* only cases with this text in their names; NULL: all */
    const char *keep;   /* folder that is not searched, or NULL */
    unsigned runs;      /* of each case */
} CollectPlan;

/* False, with an error that names the file: it is not there, can't be read, is named twice, has a
 * header that is wrong; or no case is left. The caller clears *out in any case. */
bool collect(const CollectPlan *plan, Collection *out, GError **error);

/* The path of what a scenario's '# from:' names, from where this process stands; NULL: it has none, or
 * it can't be read. Free with g_free(). */
char *collect_from(const char *path);

void collection_clear(Collection *collection);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Collection, collection_clear)

#endif
