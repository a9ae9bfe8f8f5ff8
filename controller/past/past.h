/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * past.h: the points of the present branch to which the ensemble can be put back: its start at 0, saves
 * of the user's, and checkpoints. What lies between two points is in the trail (run/trail.h).
 *
 * Every save and checkpoint is a part of the run: whoever passes it again goes on in restored
 * machines. A point whose data was thinned out is made again when the run passes it. Main thread.
 */
#ifndef PAST_PAST_H
#define PAST_PAST_H

#include "controller/save/save-restore.h"

typedef enum { POINT_START, POINT_SAVE, POINT_CHECKPOINT } PastPointKind;

/* Where a node stood. */
typedef struct {
    Insns insns;
    VTime bias;
} PastStand;

typedef struct {
    PastPointKind kind;
    VTime time;       /* of the ensemble */
    unsigned cursor;  /* items of the trail in front of it */
    GByteArray *own;  /* POINT_START: metronome's own state; NULL: of the others */
    GPtrArray *files; /* POINT_START: SaveFile (save-file.h), what its nodes need */
    Save *save;       /* NULL: thinned out, or POINT_START */
    char *name;       /* POINT_SAVE */
    GArray *stands;   /* PastStand of each node of the session */
} PastPoint;

/* What the layers above do. */
typedef struct {
    OwnStateLook look;
    NodesLeaveFunc leave;
    bool (*command)(Session *session, char *const *words, GError **error);
    void (*before)(const Session *session);                  /* all machines are about to change */
    void (*after)(const Session *session, const char *line); /* they have */
} PastHooks;

/* The session's past begins here: behind `start`, `restart`, or because something came that can't be
 * given again (why: a sentence without a full stop, copied; NULL: nothing did). The ensemble stands.
 * hooks must outlive the session. */
void past_begin(Session *session, const PastHooks *hooks, const char *why);
void past_free(Session *session);

/* A save was made, and the ensemble has not gone on yet. */
void past_add_save(Session *session, Save *save);
/* The session is about to forget the save: its point stays, without data, as one that was thinned out. */
void past_drop_save(Session *session, const Save *save);
/* The same of all points that have machines on a host, which is about to be left. */
void past_drop_host(Session *session, const RemoteHost *host);
/* The ensemble was put back to a save by the user. */
void past_restored(Session *session, const PastHooks *hooks, Save *save);

/* The last point with data from which a run comes to the time, or to the node's count of instructions,
 * as the run did that came there first: what came from outside at that very place comes behind it.
 * NULL: there is none. */
const PastPoint *past_point_before(const Session *session, VTime time, const Node *node,
                                   Insns insns);
/* How many instructions a node of the session had executed there; 0 if it was not there yet. */
Insns past_insns_at(const PastPoint *point, const Session *session, const Node *node);
/* The earliest point with data; NULL: there is none. */
const PastPoint *past_first(const Session *session);
/* Whether there is one from which machines go on, not only the start at 0. */
bool past_has_save(const Session *session);
/* Why the past does not reach farther back, or NULL. */
const char *past_why(const Session *session);

/* Whether the files and programs that the point's machines need are there as they were; the error names
 * what is not. */
bool past_check(const Session *session, const PastPoint *point, GError **error);
/* Puts the ensemble back to a point, if past_check() allows it; else nothing changes. On another failure
 * nodes have failed, and points and trail stay. A save that was read from its folder is read once more, the
 * first time, and has to be there then. */
bool past_put_back(Session *session, const PastPoint *point, GError **error);

/* --- checkpoints --- */

/* Makes a checkpoint at each multiple of `every` (ns; 0: none), and keeps the data of at most `keep`
 * of them. */
void past_set_checkpoints(Session *session, VTime every, unsigned keep);
VTime past_every(const Session *session);
unsigned past_keep(const Session *session);
unsigned past_count(const Session *session);
const PastPoint *past_point(const Session *session, unsigned index);
/* Bytes of memory that the data of a point takes. */
uint64_t past_point_bytes(const PastPoint *point);

#endif
