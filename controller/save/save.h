/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * save.h: a save of the whole ensemble at one virtual time, and the list of a session's saves.
 * save-restore.h makes and restores saves.
 *
 * A save holds the machine of every node (machine.h) and the state of metronome's own
 * (own-state.h). It lies in memory, so it ends with the session; save-folder.h writes it to disk.
 * Main thread.
 */
#ifndef SAVE_SAVE_H
#define SAVE_SAVE_H

#include "controller/qemu/node-save.h"
#include "controller/save/machines.h"
#include "controller/save/own-state.h"
#include "controller/session/remote-host.h"

typedef struct {
    MachineState machine; /* without a file: the machine lies elsewhere, or the node has none, for
                           * example before `start` */
    FarMachine far;       /* on another host; owned. There may be a copy here */
    char *program;        /* the file that its QEMU's process executes; NULL: not known */
    char **arguments;     /* of that process; NULL: not known */
    GPtrArray *files;     /* SaveFile (save-file.h): files that the node names */
} SaveNode;

typedef struct {
    unsigned refs;
    char *name;       /* NULL: a checkpoint */
    char *path;       /* the folder on disk; NULL: in memory only */
    char *date;       /* the host's, ISO 8601 with zone */
    char *scenario;   /* path of the scenario as given; NULL: none */
    VTime time;       /* the ensemble's */
    GByteArray *own;  /* own_state_put() */
    GPtrArray *ids;   /* NodeIdentity; own_state_nodes() */
    GPtrArray *nodes; /* SaveNode, in the same order */
} Save;

Save *save_new(const char *name);
/* Whether the node has a machine in the save. */
bool save_has_machine(const SaveNode *node);
SaveNode *save_add_node(Save *save);
/* One more owner, each of which calls save_free(). */
Save *save_ref(Save *save);
void save_free(Save *save);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Save, save_free)

/* The session's saves. The session owns the save that is added; it takes the place of a save of the
 * same name. */
void saves_add(Session *session, Save *save);
Save *saves_find(const Session *session, const char *name, GError **error);
/* Whether a save has machines on this host. */
bool save_keeps(const Save *save, const RemoteHost *host);
/* The name of a save that has machines on this host; NULL: there is none. */
const char *saves_keeping(const Session *session, const RemoteHost *host);
/* Bytes of memory of this host that the end of a save would give back, but for what is shared with
 * other saves; and what all saves take together. */
int64_t save_own_bytes(const Save *save);
int64_t saves_bytes(const Session *session);
bool saves_delete(Session *session, const char *name, GError **error);
void saves_free(Session *session);

#endif
