/* SPDX-License-Identifier: GPL-3.0-or-later */
/* would.c: what a check can tell of a command that a run would carry out. */
#include "controller/base/place.h"
#include "controller/command/command.h"
#include "controller/report/folder.h"
#include "controller/save/save-folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool command_is_sure(const Session *s)
{
    return !s->checking || checking_is_sure(s->checking);
}

CommandResult command_would_reach(const Session *s, const Node *n, GError **error)
{
    if (n->attached || s->started || !command_is_sure(s))
        return COMMAND_DONE;
    g_set_error(error, NODE_ERROR, NODE_ERROR_STATE, "node %s is not started: `start` comes first",
                n->name);
    return COMMAND_FAILED;
}

/* As report.c and its like say it when they get there. */
static bool cannot(const char *path, bool folder, const char *why, GError **error)
{
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "can't write %s'%s': %s",
                folder ? "the report to " : "", path, why);
    return false;
}

/* The nearest folder on the way to path that is there; free with g_free(). */
static char *existing_folder(const char *path)
{
    char *folder = g_path_get_dirname(path);

    while (access(folder, F_OK) != 0 && errno == ENOENT && strcmp(folder, "/") != 0 &&
           strcmp(folder, ".") != 0) {
        g_autofree char *below = folder;

        folder = g_path_get_dirname(below);
    }
    return folder;
}

/* A report's folder is made with those above it, and files may then be made in it. */
bool command_would_write(const Session *s, const char *path, bool folder, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(path), *above = existing_folder(path);
    struct stat st;

    if (!*path)
        return cannot(path, folder, "it has no name", error);
    if (stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode) != folder)
            return cannot(path, folder, g_strerror(folder ? ENOTDIR : EISDIR), error);
        if (access(path, W_OK) != 0)
            return cannot(path, folder, g_strerror(errno), error);
        return !folder || folder_accepts_report(path, error);
    }
    if (errno != ENOENT)
        return cannot(path, folder, g_strerror(errno), error);
    if (strcmp(parent, above) != 0 && !folder && !checking_has_folder(s->checking, parent))
        return cannot(path, folder, g_strerror(ENOENT), error);
    if (stat(above, &st) != 0 || !S_ISDIR(st.st_mode))
        return cannot(path, folder, g_strerror(ENOTDIR), error);
    return place_takes_files(above) || cannot(path, folder, g_strerror(errno), error);
}

bool command_would_save(const Session *s, const char *path, GError **error)
{
    g_autofree char *whole = g_canonicalize_filename(path, NULL);
    g_autofree char *parent = g_path_get_dirname(whole);

    if (*path && access(parent, F_OK) != 0 && checking_has_folder(s->checking, parent))
        return true;
    return save_folder_accepts(path, error);
}

Node *command_only_node(const Session *s)
{
    if (checking_in_doubt(s->checking, CHECKING_END, NULL) || s->nodes->len != 1)
        return NULL;
    return s->nodes->pdata[0];
}

CommandResult command_would_capture(Session *s, const char *path, bool off, GError **error)
{
    if (!off && !command_would_write(s, path, false, error))
        return COMMAND_FAILED;
    if (!off)
        checking_capture(s->checking, path);
    if (!off || checking_end_capture(s->checking, path))
        return COMMAND_DONE;
    checking_in_doubt(s->checking, CHECKING_CAPTURE, path);
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_USAGE, "nothing is captured into '%s'", path);
    return COMMAND_FAILED;
}
