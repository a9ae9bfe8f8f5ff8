/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * checking.h: names and values that a session which only checks (SessionOptions.dry) can't know.
 *
 * A name whose definition was refused is in doubt: a command that uses such a name is not checked,
 * so that one fault gives one message. A value that only a run has, such as $line, is in doubt too:
 * the variable then has the value CHECKING_UNKNOWN, and an error about a text that contains this
 * value is not reported.
 *
 * A session that runs has no Checking, and nothing is in doubt there: most functions take NULL.
 */
#ifndef SESSION_CHECKING_H
#define SESSION_CHECKING_H

#include <glib.h>
#include <stdbool.h>

typedef struct Checking Checking;

/* A text that no scenario contains and that messages quote unchanged. */
#define CHECKING_UNKNOWN "{known-to-the-run-alone}"

typedef enum {
    CHECKING_END, /* a node, switch or gateway */
    CHECKING_HOST,
    CHECKING_LINK, /* name: checking_link_name() */
    CHECKING_BREAK,
    CHECKING_CAPTURE,
    CHECKING_DEFAULTS, /* has no names */
    CHECKING_SYMBOLS,  /* names in a node; name: the node's */
    CHECKING_SAVE,     /* name: its name, or the canonical path of its folder */
    CHECKING_KINDS,
} CheckingKind;

Checking *checking_new(void);
void checking_free(Checking *checking);

/* Puts a name in doubt: its definition was refused. name NULL: the name is not known. */
void checking_doubt(Checking *checking, CheckingKind kind, const char *name);

/* Puts all names in doubt: a file that could not be included may have defined any. */
void checking_doubt_all(Checking *checking);

/* Whether this name (NULL: any name of the kind), which was not found, is in doubt. If so, errors
 * of the present command are not reported (checking_next()). */
bool checking_in_doubt(Checking *checking, CheckingKind kind, const char *name);

/* The names of a kind that are in doubt, sorted; free with g_ptr_array_unref(). The strings belong
 * to the Checking. */
GPtrArray *checking_doubtful(const Checking *checking, CheckingKind kind);

/* The run's report will make this folder and the folders above it: files in them can be made. */
void checking_make_folder(Checking *checking, const char *path);
/* Whether the run will have made this folder, or may have. */
bool checking_has_folder(const Checking *checking, const char *path);

/* The run will have written a save into this folder. own: metronome's own state in it, which is
 * copied. */
void checking_write_save(Checking *checking, const char *path, const GByteArray *own);
/* The state of the last save that the run will have written there, owned by the Checking; NULL: the run
 * writes none there. */
const GByteArray *checking_written_save(const Checking *checking, const char *path);

/* A capture into a file begins. */
void checking_capture(Checking *checking, const char *path);
/* A capture into a file ends; false: there is no such capture. */
bool checking_end_capture(Checking *checking, const char *path);

/* Between two commands: returns whether the last command asked for a name in doubt, and begins the
 * next command. */
bool checking_next(Checking *checking);

/* True unless checking_doubt_all() was called: only then is a variable without a use known to be
 * unused. Not NULL. */
bool checking_is_sure(const Checking *checking);

/* Notes that a variable is used. */
void checking_use(Checking *checking, const char *variable);
/* Forgets which variables were used by now. Not NULL. */
void checking_forget_used(Checking *checking);
/* Whether a variable was used. Not NULL. */
bool checking_is_used(const Checking *checking, const char *variable);
/* Names of all variables that were used, sorted, NULL-terminated; free only the array, with
 * g_free(). Not NULL. */
const char **checking_used(const Checking *checking);

/* The name of the link between two ends: the same for either order and for "a" and "a.0"; free with
 * g_free(). */
char *checking_link_name(const char *a, const char *b);

#endif
