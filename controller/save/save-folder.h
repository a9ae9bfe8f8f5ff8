/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * save-folder.h: a save as a folder on disk: manifest.json, own.state, and for each node
 * NODE.devices and NODE.ram (pages.h). The manifest is a contract (scripts/schema).
 *
 * A folder is written under another name beside its place and moved there when it is whole, so a
 * save that fails, or is killed, leaves the folder that was there before. What a killed save has
 * left is removed by the next save to that place. Only a folder that is a save is ever replaced.
 */
#ifndef SAVE_SAVE_FOLDER_H
#define SAVE_SAVE_FOLDER_H

#include "controller/save/save.h"

#define SAVE_VERSION 1

/* Whether a save can be written at `path`: nothing is there, or a save. */
bool save_folder_accepts(const char *path, GError **error);

/* Writes the save, and sets save->path. stop: asked between its parts whether to give up; NULL: it
 * is never asked. */
bool save_folder_write(Save *save, const char *path, bool (*stop)(const void *data),
                       const void *data, GError **error);

/* Reads a save. NULL, with an error that names the file and what is wrong: it is not there, not
 * whole, or of another format. machines: read the machines too, not only what is known of them; they can be restored
 * once, as they take over their RAM. */
Save *save_folder_read(const char *path, bool machines, GError **error);

#endif
