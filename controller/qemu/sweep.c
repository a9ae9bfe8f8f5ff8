/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sweep.c: kills the processes and removes the directories of dead controllers.
 *
 * A run directory is removed only if all of this holds: its name is as mkdtemp() makes it. It is a
 * directory of this user that nobody else may enter. Its lock file is a regular file of this user
 * with no other name, identifies the directory as metronome's and repeats the directory's name. The
 * lock can be taken, so the controller is dead.
 */
#include "controller/qemu/sweep.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/base/tree.h"
#include "controller/qemu/attached.h"
#include "controller/qemu/mark.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_ROUNDS 20   /* of killing; processes may start others meanwhile */
#define END_MS     5000 /* host ms; a killed process ends soon */
#define OLD_S      10   /* host s; making a directory takes milliseconds */

/* --- processes --- */

/* *persists: it is to be asked first. */
static bool has_mark(const char *pid, const char *dir, bool *persists)
{
    g_autofree char *environ_path = g_strdup_printf("/proc/%s/environ", pid);
    g_autofree char *command_path = g_strdup_printf("/proc/%s/cmdline", pid);
    g_autofree char *text = NULL, *command = NULL;
    gsize size = 0, length = 0;

    if (g_file_get_contents(environ_path, &text, &size, NULL))
        *persists = mark_persists(text, size);
    return (text && mark_is_environment(text, size, dir)) ||
           (g_file_get_contents(command_path, &command, &length, NULL) &&
            mark_is_command_line(command, length, dir));
}

static bool is_of_this_user(int proc, const char *pid)
{
    struct stat st;

    return fstatat(proc, pid, &st, 0) == 0 && st.st_uid == geteuid();
}

/* Opens the process descriptor before the checks. If the process ends and another process gets its
 * number, that other process is never hit. */
static bool kill_marked(int proc, const char *name, const char *dir)
{
    pid_t pid = (pid_t)g_ascii_strtoll(name, NULL, 10);
    fd_auto fd = pid > 0 && pid != getpid() ? pidfd_open(pid, 0) : -1;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    bool persists = false;

    if (fd < 0 || !is_of_this_user(proc, name) || !has_mark(name, dir, &persists))
        return false;
    if (persists && pidfd_send_signal(fd, SIGTERM, NULL, 0) == 0 &&
        pidfd_send_signal(fd, SIGCONT, NULL, 0) == 0 && poll(&p, 1, SWEEP_PERSIST_MS) == 1)
        return true;
    if (pidfd_send_signal(fd, SIGKILL, NULL, 0) != 0)
        return false;
    poll(&p, 1, END_MS);
    return true;
}

static bool kill_round(const char *dir)
{
    DIR *proc = opendir("/proc");
    bool any = false;

    for (const struct dirent *entry; proc && (entry = readdir(proc));)
        if (g_ascii_isdigit(entry->d_name[0]) && kill_marked(dirfd(proc), entry->d_name, dir))
            any = true;
    if (proc)
        closedir(proc);
    return any;
}

void sweep_processes(const char *dir)
{
    for (unsigned i = 0; i < MAX_ROUNDS && kill_round(dir); i++)
        ;
}

/* --- directories --- */

static bool is_private(int fd, mode_t mode)
{
    struct stat st;

    return fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 07777) == mode;
}

/* The lock file, locked; -1: it is none of ours, or somebody holds it. *size: of its content. */
static int open_lock(int dir, char *content, gsize *size)
{
    fd_auto fd = openat(dir, "lock", O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;
    ssize_t n;

    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
        st.st_nlink != 1 || flock(fd, LOCK_EX | LOCK_NB) != 0 ||
        (n = pread(fd, content, MARK_MAX, 0)) < 0)
        return -1;
    *size = (gsize)n;
    return fd_steal(&fd);
}

static void sweep_dead(int parent, const char *parent_path, const char *name)
{
    fd_auto dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    g_autofree char *path = g_build_filename(parent_path, name, NULL);
    char content[MARK_MAX];
    fd_auto lock = -1;
    gsize size;
    TreeId id;

    if (dir < 0 || !is_private(dir, MARK_MODE) || !tree_id(dir, &id))
        return;
    lock = open_lock(dir, content, &size);
    if (lock < 0)
        return;
    if (!mark_is_text(content, size, name)) {
        log_info("left '%s' alone: its lock file does not say that it is metronome's", path);
        return;
    }
    attached_give_back(path);
    sweep_processes(path);
    tree_remove(path, &id);
    log_info("removed '%s', left by a controller that was killed", path);
}

static bool holds_at_most_lock(const char *path)
{
    DIR *dir = opendir(path);
    bool ok = dir != NULL;

    for (const struct dirent *entry; dir && (entry = readdir(dir));)
        ok = ok && (entry->d_name[0] == '.' || strcmp(entry->d_name, "lock") == 0);
    if (dir)
        closedir(dir);
    return ok;
}

/* Removes a directory whose controller was killed while it made the directory (rundir.c). Such a
 * directory holds at most the lock file, which is complete or empty. */
static void sweep_unmade(int parent, const char *parent_path, const char *name)
{
    g_autofree char *path = g_build_filename(parent_path, name, NULL);
    fd_auto dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    char content[MARK_MAX];
    fd_auto lock = -1;
    struct stat st;
    gsize size;

    if (dir < 0 || fstat(dir, &st) != 0 || time(NULL) - st.st_mtime <= OLD_S)
        return;
    if ((!is_private(dir, MARK_NEW_MODE) && !is_private(dir, MARK_MODE)) ||
        !holds_at_most_lock(path))
        return;
    lock = open_lock(dir, content, &size);
    if (!is_private(dir, MARK_NEW_MODE) && lock < 0)
        return;
    if (lock >= 0 && size > 0 && !mark_is_text(content, size, name + 1))
        return;
    if (lock >= 0 && size == 0 && !is_private(dir, MARK_NEW_MODE))
        return;
    if (lock >= 0)
        unlinkat(dir, "lock", 0);
    unlinkat(parent, name, AT_REMOVEDIR); /* fails if the directory holds anything else */
}

void sweep_folder(const char *parent)
{
    DIR *dir = opendir(parent);

    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        if (mark_is_name(entry->d_name, MARK_PREFIX))
            sweep_dead(dirfd(dir), parent, entry->d_name);
        else if (mark_is_name(entry->d_name, MARK_NEW_PREFIX))
            sweep_unmade(dirfd(dir), parent, entry->d_name);
    }
    if (dir)
        closedir(dir);
}
