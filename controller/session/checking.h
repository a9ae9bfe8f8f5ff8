/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * checking.h: what a session that only checks (SessionOptions.dry) knows of what it can't know.
 *
 * A name whose definition was refused is in doubt: a command that uses it is not judged, so that
 * one fault is one message. So is a value that only a run has, such as $line: a variable's value is
 * then CHECKING_UNKNOWN, and what is said of a text with that in it is not said.
 *
 * All functions take NULL for the Checking of a session that runs: nothing is in doubt there.
 */
#ifndef SESSION_CHECKING_H
#define SESSION_CHECKING_H

#include <glib.h>
#include <stdbool.h>

typedef struct Checking Checking;

/* No scenario has this text, and messages quote it as it is. */
#define CHECKING_UNKNOWN "{known-to-the-run-alone}"

typedef enum {
    CHECKING_END, /* a node, switch or gateway */
    CHECKING_HOST,
    CHECKING_LINK, /* name: checking_link_name() */
    CHECKING_BREAK,
    CHECKING_CAPTURE,
    CHECKING_DEFAULTS, /* none has a name */
    CHECKING_KINDS,
} CheckingKind;

Checking *checking_new(void);
void checking_free(Checking *checking);

/* Something of this kind was to get this name, and did not; name NULL: which is not known. */
void checking_doubt(Checking *checking, CheckingKind kind, const char *name);

/* A file that could not be included may have defined anything. */
void checking_doubt_all(Checking *checking);

/* Whether there may be a thing of this name (NULL: any of the kind) though none was found. If so,
 * the present command is not judged. */
bool checking_in_doubt(Checking *checking, CheckingKind kind, const char *name);

/* The names of a kind that are in doubt, sorted; free with g_ptr_array_unref(). */
GPtrArray *checking_doubtful(const Checking *checking, CheckingKind kind);

/* A report makes this folder, with those above it: what lies in them can be made. */
void checking_make_folder(Checking *checking, const char *path);
bool checking_has_folder(const Checking *checking, const char *path);

/* A capture into a file begins; one ends: false if there is none. */
void checking_capture(Checking *checking, const char *path);
bool checking_end_capture(Checking *checking, const char *path);

/* Between commands: whether the last one asked for what is in doubt; the next begins. */
bool checking_next(Checking *checking);

/* True if nothing at all is in doubt: then what was not used is not used. */
bool checking_is_sure(const Checking *checking);

/* A variable is used. */
void checking_use(Checking *checking, const char *variable);
bool checking_is_used(const Checking *checking, const char *variable);
/* All that were used, sorted, NULL-terminated; free the array with g_free(). */
const char **checking_used(const Checking *checking);

/* The name of the link between two ends, however they are written; free with g_free(). */
char *checking_link_name(const char *a, const char *b);

#endif
