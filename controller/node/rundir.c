/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rundir.c: private directory, lock, janitor, sweep.
 *
 * The lock file inside is held (flock) by the controller and by nobody else: a directory whose lock
 * can be taken belongs to a dead controller. It gets its name only when the lock is held, so that
 * no other controller's sweep finds it without.
 */
#include "controller/node/rundir.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/node/options.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define PREFIX     "metronome-"
#define NEW_PREFIX ".metronome-" /* in the making */

struct RunDir {
    char *path;
    int lock_fd;
    int janitor_fd; /* the janitor wakes when this end closes */
    pid_t janitor;
};

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    remove(path);
    return 0;
}

void rundir_remove_tree(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *parent_dir(void)
{
    const char *runtime = g_getenv("XDG_RUNTIME_DIR");

    if (runtime && *runtime && access(runtime, W_OK) == 0)
        return runtime;
    return g_get_tmp_dir();
}

/* Kills what still runs on the dead controller's directory: PDEATHSIG should have done so. */
static void kill_leftover(const char *pid_name, const char *dir)
{
    g_autofree char *file = g_strdup_printf("/proc/%s/cmdline", pid_name);
    g_autofree char *cmdline = NULL;
    gsize length = 0;

    if (!g_file_get_contents(file, &cmdline, &length, NULL))
        return;
    for (gsize i = 0; i < length; i++)
        if (cmdline[i] == '\0')
            cmdline[i] = ' ';
    if (strstr(cmdline, dir) && strstr(cmdline, "mtr-qmp"))
        kill((pid_t)g_ascii_strtoll(pid_name, NULL, 10), SIGKILL);
}

static void sweep_one(const char *path)
{
    g_autofree char *lock = g_build_filename(path, "lock", NULL);
    struct stat st;
    fd_auto fd = -1;

    if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
        return;
    fd = open(lock, O_RDWR | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0)
        return;
    GDir *proc = g_dir_open("/proc", 0, NULL);
    for (const char *name; proc && (name = g_dir_read_name(proc));)
        if (g_ascii_isdigit(name[0]))
            kill_leftover(name, path);
    if (proc)
        g_dir_close(proc);
    log_info("removed '%s', left by a controller that was killed", path);
    rundir_remove_tree(path);
}

/* One that is still in the making takes milliseconds to get its lock and its name. */
static bool is_old(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && time(NULL) - st.st_mtime > 10;
}

static void sweep(const char *parent)
{
    GDir *dir = g_dir_open(parent, 0, NULL);

    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(parent, name, NULL);

        if (g_str_has_prefix(name, PREFIX) || (g_str_has_prefix(name, NEW_PREFIX) && is_old(path)))
            sweep_one(path);
    }
    if (dir)
        g_dir_close(dir);
}

/* Runs in the child: waits for the controller's end, then tidies up. */
static void janitor_main(int fd, const char *path)
{
    char byte;

    setsid(); /* a Ctrl-C at the terminal is not for the janitor */
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    prctl(PR_SET_NAME, "metronome-tidy");
    while (read(fd, &byte, 1) < 0 && errno == EINTR)
        ;
    rundir_remove_tree(path);
    _exit(0);
}

static bool start_janitor(RunDir *dir, GError **error)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0 || (dir->janitor = fork()) < 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "can't start the janitor process: %s",
                    g_strerror(errno));
        return false;
    }
    if (dir->janitor == 0) {
        close(ends[1]);
        close(dir->lock_fd);
        /* Holding the caller's output open would keep a pipeline behind it waiting. */
        for (int fd = 0; fd <= 2; fd++)
            close(fd);
        janitor_main(ends[0], dir->path);
    }
    close(ends[0]);
    dir->janitor_fd = ends[1];
    return true;
}

static bool make_locked(RunDir *dir, const char *parent, GError **error)
{
    g_autofree char *lock = NULL, *name = NULL;

    dir->path = g_build_filename(parent, NEW_PREFIX "XXXXXX", NULL);
    if (!g_mkdtemp_full(dir->path, 0700)) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "can't create '%s': %s", dir->path,
                    g_strerror(errno));
        g_clear_pointer(&dir->path, g_free);
        return false;
    }
    lock = g_build_filename(dir->path, "lock", NULL);
    dir->lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    name = g_build_filename(parent, strrchr(dir->path, '/') + 2, NULL); /* without the dot */
    if (dir->lock_fd < 0 || flock(dir->lock_fd, LOCK_EX | LOCK_NB) != 0 ||
        rename(dir->path, name) != 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "can't lock '%s': %s", lock,
                    g_strerror(errno));
        return false;
    }
    g_free(dir->path);
    dir->path = g_steal_pointer(&name);
    return true;
}

RunDir *rundir_new(GError **error)
{
    g_autoptr(RunDir) dir = g_new0(RunDir, 1);
    const char *parent = parent_dir();

    dir->lock_fd = dir->janitor_fd = -1;
    sweep(parent);
    if (!make_locked(dir, parent, error) || !start_janitor(dir, error))
        return NULL;
    return g_steal_pointer(&dir);
}

void rundir_free(RunDir *dir)
{
    if (!dir)
        return;
    if (dir->path)
        rundir_remove_tree(dir->path);
    fd_clear(&dir->janitor_fd);
    if (dir->janitor > 0)
        waitpid(dir->janitor, NULL, 0);
    fd_clear(&dir->lock_fd);
    g_free(dir->path);
    g_free(dir);
}

const char *rundir_path(const RunDir *dir)
{
    return dir->path;
}

char *rundir_make(RunDir *dir, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(dir->path, name, NULL);

    if (g_mkdir_with_parents(path, 0700) != 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "can't create '%s': %s", path,
                    g_strerror(errno));
        return NULL;
    }
    return g_steal_pointer(&path);
}
