/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * profile.h: where a node's vCPUs stand, sampled at barriers: a profile of functions and, where the
 * guest keeps frame pointers, of their callers.
 *
 * A register can be read only from a node that is stopped: at its gate a node's vCPU thread holds
 * QEMU's big lock, and neither monitor nor stub answers. So each sample is a stop, which a guest
 * can't see and which changes no result, but takes a millisecond or two. Main thread.
 */
#ifndef RUN_PROFILE_H
#define RUN_PROFILE_H

#include "controller/session/session.h"

/* Most functions of one stack. */
#define PROFILE_MAX_DEPTH 64

typedef struct {
    const char *path; /* gets the collapsed stacks when the profile ends; NULL: no file */
    int64_t every;    /* barriers from one sample to the next */
    unsigned depth;   /* functions of a stack; 1: the one of the pc alone */
} ProfileOptions;

typedef struct Profile Profile;

/* Begins a profile of the node. It has none yet. A session that only checks opens no file. */
bool profile_begin(Session *session, const Node *node, const ProfileOptions *options,
                   GError **error);
/* The node's profile; NULL: none. */
const Profile *profile_of(const Session *session, const Node *node);
/* The node whose profile will be written to the file; NULL: none. */
const char *profile_writer(const Session *session, const char *path);
/* Writes the profile's file, if it has one, and forgets the profile. False: there was none. */
bool profile_end(Session *session, const Node *node);
/* Ends the profiles of all nodes. */
void profiles_free(Session *session);
/* A session that only checks knows of the profiles of one that runs. */
void profiles_mirror(const Session *from, Session *to);

/* Samples of all vCPUs, and of those the ones of vCPUs that were halted. */
uint64_t profile_samples(const Profile *profile);
uint64_t profile_idle(const Profile *profile);
int64_t profile_every(const Profile *profile);
/* What kept samples from being taken, and how many; NULL: nothing. */
const char *profile_trouble(const Profile *profile, uint64_t *lost);

typedef struct {
    const char
        *name; /* of a function; a place without a name is an address of hexadecimal digits */
    uint64_t count;
} ProfileRow;

/* The functions in which vCPUs stood, the most frequent first, equal ones by name. Array of
 * ProfileRow; the names are the profile's. Free with g_array_unref(). */
GArray *profile_rows(const Profile *profile);

/* --- for run.c --- */

/* The next time at which a run must pause; RUN_FOR_EVER: none. */
VTime profile_next_time(const Session *session);
/* Takes the samples that are due now. The ensemble stands. */
void profile_sample(Session *session);

#endif
