/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rundir.c: makes the private directory, its lock and its janitor.
 *
 * Only the controller holds the lock (flock) on the lock file in the directory. A directory whose
 * lock can be taken belongs to a dead controller. The file's content identifies the directory
 * (mark.h), so that no other directory is mistaken for one. The directory gets its name only when
 * the lock is held, so that another controller's sweep never finds it unlocked.
 */
#include "controller/qemu/rundir.h"

#include "controller/base/fd.h"
#include "controller/base/tree.h"
#include "controller/base/vtime.h"
#include "controller/qemu/attached.h"
#include "controller/qemu/images.h"
#include "controller/qemu/mark.h"
#include "controller/qemu/options.h"
#include "controller/qemu/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Where overlays in memory are, unless the environment names another folder. */
#define MEMORY_FOLDER   "/dev/shm"
#define MEMORY_VARIABLE "METRONOME_MEMORY_DIR"

/* How long the janitor tries to remove the run directory, and how often. */
#define REMOVING_NS       (INT64_C(20) * NS_PER_S)
#define REMOVING_PAUSE_US 20000u

/* A directory with its lock. */
typedef struct {
    char *path; /* NULL: there is none */
    TreeId id;  /* identity of the directory, which is checked before removal */
    int lock_fd;
} Place;

struct RunDir {
    Place own, memory;
    int janitor_fd; /* the janitor wakes when this end closes */
    pid_t janitor;
};

/* The folder for run directories. *variable: the environment variable that names the folder; NULL:
 * none does. */
static const char *parent_dir(const char **variable)
{
    const char *runtime = g_getenv("XDG_RUNTIME_DIR"), *tmp = g_getenv("TMPDIR");

    *variable = "XDG_RUNTIME_DIR";
    if (runtime && *runtime && access(runtime, W_OK) == 0)
        return runtime;
    *variable = tmp && *tmp ? "TMPDIR" : NULL;
    return g_get_tmp_dir();
}

/* Makes an error that the user can act on: the environment is wrong, and nothing has run yet. */
static void refuse(const char *parent, const char *why, GError **error)
{
    const char *variable;

    parent_dir(&variable);
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                "can't make run directories in '%s'%s%s: %s; set XDG_RUNTIME_DIR or TMPDIR to %s "
                "folder",
                parent, variable ? ", the value of " : "", variable ? variable : "", why,
                variable ? "another" : "a");
}

/* Whether paths below this folder can be passed to QEMU as text, in JSON and in options. */
static bool is_plain(const char *parent, GError **error)
{
    const char *bad = strpbrk(parent, "\"\\");
    g_autofree char *why = NULL;

    for (const char *p = parent; *p && !bad; p++)
        if (g_ascii_iscntrl(*p))
            bad = p;
    if (!bad && g_utf8_validate(parent, -1, NULL))
        return true;
    why = g_strdup_printf("%s can't be in a path that QEMU is told",
                          !bad                    ? "what is no UTF-8"
                          : g_ascii_iscntrl(*bad) ? "a control character"
                          : *bad == '"'           ? "a double quote"
                                                  : "a backslash");
    refuse(parent, why, error);
    return false;
}

static void remove_place(const Place *p)
{
    if (p->path)
        tree_remove(p->path, &p->id);
}

/* A metronome that this controller has started ends by itself behind it, and may write its report
 * into this directory until then. */
static void remove_until_gone(const Place *p)
{
    HTime start = htime_now();

    remove_place(p);
    while (p->path && access(p->path, F_OK) == 0 &&
           htime_sub(htime_now(), start).ns < REMOVING_NS) {
        g_usleep(REMOVING_PAUSE_US);
        remove_place(p);
    }
}

/* Runs in the child: waits for the controller's end, then restores attached QEMUs, kills launched
 * ones and removes the directory. */
static void janitor_main(int fd, const RunDir *dir)
{
    char byte;

    setsid(); /* keeps a Ctrl-C at the terminal from the janitor */
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    prctl(PR_SET_NAME, "metronome-tidy");
    while (read(fd, &byte, 1) < 0 && errno == EINTR)
        ;
    attached_give_back(dir->own.path);
    sweep_processes(dir->own.path);
    remove_place(&dir->memory);
    remove_until_gone(&dir->own);
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
        fd_clear(&dir->own.lock_fd);
        fd_clear(&dir->memory.lock_fd);
        /* An open output of the caller would keep a pipeline behind the caller waiting. */
        for (int fd = 0; fd <= 2; fd++)
            close(fd);
        janitor_main(ends[0], dir);
    }
    close(ends[0]);
    dir->janitor_fd = ends[1];
    return true;
}

/* Makes the lock file. The lock is held before the content identifies the directory. */
static bool make_lock(Place *dir, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(dir->path, "lock", NULL), *text = mark_text(name);
    ssize_t size = (ssize_t)strlen(text);

    dir->lock_fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (dir->lock_fd >= 0 && flock(dir->lock_fd, LOCK_EX | LOCK_NB) == 0) {
        errno = ENOSPC;
        if (write(dir->lock_fd, text, (size_t)size) == size)
            return true;
    }
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "can't make '%s': %s", path,
                g_strerror(errno));
    return false;
}

/* Renames unless `to` exists. Some file systems have no such rename. */
static bool rename_to_new(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 ||
           (errno == EINVAL && rename(from, to) == 0);
}

static bool name_it(Place *dir, const char *path, GError **error)
{
    fd_auto fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd >= 0 && fchmod(fd, MARK_MODE) == 0 && tree_id(fd, &dir->id) &&
        rename_to_new(dir->path, path)) {
        g_free(dir->path);
        dir->path = g_strdup(path);
        return true;
    }
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION, "can't make '%s': %s", path,
                g_strerror(errno));
    return false;
}

/* Makes the directory. Until it is complete it has another name and mode. A sweep can thus tell it
 * from a directory that has lost its lock file, and from a directory that is not metronome's. */
static bool make_locked(Place *dir, const char *parent, GError **error)
{
    g_autofree char *path = g_build_filename(parent, MARK_NEW_PREFIX "XXXXXX", NULL);
    g_autofree char *name = NULL, *final = NULL;

    if (!g_mkdtemp_full(path, MARK_NEW_MODE)) {
        refuse(parent, g_strerror(errno), error);
        return false;
    }
    dir->path = g_steal_pointer(&path);
    name = g_strdup(strrchr(dir->path, '/') + 2); /* without the dot */
    final = g_build_filename(parent, name, NULL);
    if (make_lock(dir, name, error) && name_it(dir, final, error))
        return true;
    tree_remove(dir->path, NULL); /* no identity to check: it was just made */
    g_clear_pointer(&dir->path, g_free);
    return false;
}

/* Without such a directory disks are where the host's disks are, and the run says so (disk.h). */
static void make_memory(Place *memory)
{
    const char *folder = g_getenv(MEMORY_VARIABLE);

    folder = folder && *folder ? folder : MEMORY_FOLDER;
    if (!images_is_memory(folder))
        return;
    sweep_folder(folder);
    make_locked(memory, folder, NULL);
}

RunDir *rundir_new(GError **error)
{
    g_autoptr(RunDir) dir = g_new0(RunDir, 1);
    const char *variable, *parent = parent_dir(&variable);

    dir->own.lock_fd = dir->memory.lock_fd = dir->janitor_fd = -1;
    sweep_folder(parent);
    if (!is_plain(parent, error) || !make_locked(&dir->own, parent, error))
        return NULL;
    make_memory(&dir->memory);
    if (!start_janitor(dir, error))
        return NULL;
    return g_steal_pointer(&dir);
}

void rundir_free(RunDir *dir)
{
    if (!dir)
        return;
    if (dir->own.path)
        sweep_processes(dir->own.path);
    remove_place(&dir->memory);
    remove_place(&dir->own);
    /* The janitor has no work left. SIGKILL also ends a janitor that somebody has stopped. */
    if (dir->janitor > 0 && kill(dir->janitor, SIGKILL) == 0)
        waitpid(dir->janitor, NULL, 0);
    fd_clear(&dir->janitor_fd);
    fd_clear(&dir->own.lock_fd);
    fd_clear(&dir->memory.lock_fd);
    g_free(dir->own.path);
    g_free(dir->memory.path);
    g_free(dir);
}

const char *rundir_path(const RunDir *dir)
{
    return dir->own.path;
}

const char *rundir_memory(const RunDir *dir)
{
    return dir->memory.path;
}

static char *make(const Place *place, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(place->path, name, NULL);

    if (g_mkdir_with_parents(path, 0700) != 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM, "can't create '%s': %s", path,
                    g_strerror(errno));
        return NULL;
    }
    return g_steal_pointer(&path);
}

char *rundir_make(RunDir *dir, const char *name, GError **error)
{
    return make(&dir->own, name, error);
}

char *rundir_make_in_memory(RunDir *dir, const char *name, GError **error)
{
    return make(dir->memory.path ? &dir->memory : &dir->own, name, error);
}
