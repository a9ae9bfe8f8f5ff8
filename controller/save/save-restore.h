/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * save-restore.h: makes a save of the ensemble, and puts the ensemble back to a save.
 *
 * After a save the ensemble goes on in processes that were restored from it, so that its future is
 * the future of every later restore. Main thread; the ensemble stands.
 */
#ifndef SAVE_SAVE_RESTORE_H
#define SAVE_SAVE_RESTORE_H

#include "controller/save/nodes.h"
#include "controller/save/own-state.h"
#include "controller/save/save.h"

/* Saves the ensemble. The caller owns the save; the ensemble has not gone on yet: save_go_on()
 * comes next. On failure nothing is saved, and the ensemble goes on as it was. name NULL: a
 * checkpoint, which is not in the journal. */
Save *save_make(Session *session, const char *name, GError **error);
/* Moves the nodes into processes that go on from the save that was made just now. */
bool save_go_on(Session *session, const Save *save, GError **error);

/* The run passes a save again, and stands where it was made: moves the nodes into processes that go on
 * from it. */
bool save_resume(Session *session, const Save *save, GError **error);

/* Copies machines that lie on other hosts to this one, for save_folder_write(). stop: asked whether to
 * give up; NULL: it is never asked. */
bool save_fetch(const Save *save, bool (*stop)(const void *data), const void *data, GError **error);

/* Puts the session back to the save. places: where its nodes go on (nodes_place()); NULL: on the hosts
 * where they were. Nodes that are not in the save are removed, and nodes that are
 * missing are added. Refused, with nothing changed, if the save does not fit this host; on a later
 * failure nodes have failed. */
bool save_restore(Session *session, const Save *save, const char *places, OwnStateLook look,
                  NodesLeaveFunc leave, GError **error);

/* --- for a session that only checks: the same without machines --- */

/* The save that the run will make here; refused where the run would refuse it. The caller owns it. */
Save *save_plan(const Session *session, const char *name, GError **error);
/* A save without machines, of metronome's own state. The caller owns it. */
Save *save_of_state(const char *name, const GByteArray *own, GError **error);
/* Puts the session back to the save: nodes, network, breaks, variables and settings are those of then.
 * Refused where save_restore() would refuse it. */
bool save_foresee(Session *session, const Save *save, const char *places, OwnStateLook look,
                  NodesLeaveFunc leave, GError **error);

/* The files that the nodes' options name, as they are now: SaveFile. */
GPtrArray *save_files_new(const Session *session);
/* Whether all of them are as they were; the error names the first that is not. */
bool save_files_check(const GPtrArray *files, GError **error);
/* The same of a save's files, and whether the QEMUs of its nodes can be started. */
bool save_check(const Session *session, const Save *save, GError **error);

#endif
