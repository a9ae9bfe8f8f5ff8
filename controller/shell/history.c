/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history.c: reads, appends and shortens the file. Each line opens the file anew, because another
 * session may have replaced the file.
 */
#include "controller/shell/history.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <readline/history.h>

static char *path; /* NULL: no file, or given up */

static void give_up(const char *what, const char *why)
{
    log_warn("the history is not kept: can't %s '%s': %s", what, path, why);
    g_clear_pointer(&path, g_free);
}

/* Returns the descriptor, or -1 after a warning; then no file is opened any more. */
static int open_file(int flags)
{
    fd_auto fd = open(path, flags | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0) {
        give_up("open", g_strerror(errno));
        return -1;
    }
    if (!S_ISREG(st.st_mode)) {
        give_up("use", "it is no regular file");
        return -1;
    }
    return fd_steal(&fd);
}

/* Loads the lines within the limit. Rewrites a file with more lines. */
static void load(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    unsigned n = g_strv_length(lines), skip;
    g_autofree char *rest = NULL;
    g_autoptr(GError) error = NULL;

    if (n > 0 && !*lines[n - 1])
        n--; /* the empty part behind the last newline */
    skip = n > HISTORY_LINES ? n - HISTORY_LINES : 0;
    for (unsigned i = skip; i < n; i++)
        if (*lines[i])
            add_history(lines[i]);
    if (skip == 0)
        return;
    rest = g_strjoinv("\n", lines + skip);
    if (!g_file_set_contents_full(path, rest, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
        give_up("shorten", error->message);
}

void history_open(void)
{
    g_autofree char *dir = g_build_filename(g_get_user_state_dir(), "metronome", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    fd_auto fd = -1;

    using_history();
    stifle_history(HISTORY_LINES);
    path = g_build_filename(dir, "history", NULL);
    if (g_mkdir_with_parents(dir, 0700) != 0) {
        give_up("create the folder of", g_strerror(errno));
        return;
    }
    fd = open_file(O_RDWR | O_APPEND);
    if (fd < 0)
        return;
    if (g_file_get_contents(path, &text, NULL, &error))
        load(text);
    else
        give_up("read", error->message);
}

void history_enter(const char *typed)
{
    const HIST_ENTRY *last =
        history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
    g_autofree char *line = g_strchomp(g_strdup(typed));
    g_autofree char *text = g_strconcat(line, "\n", NULL);
    size_t size = strlen(text);
    fd_auto fd = -1;

    if (!*line || (last && strcmp(last->line, line) == 0))
        return;
    add_history(line);
    if (!path || (fd = open_file(O_WRONLY | O_APPEND)) < 0)
        return;
    /* One write for the whole line, so that lines of two sessions never mix. */
    if (write(fd, text, size) != (ssize_t)size)
        give_up("write", errno ? g_strerror(errno) : "it is full");
}

void history_close(void)
{
    g_clear_pointer(&path, g_free);
    clear_history();
}
