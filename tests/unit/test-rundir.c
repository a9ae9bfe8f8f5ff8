/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-rundir.c: nothing of a controller's directory outlives it, however it ends.
 *
 * XDG_RUNTIME_DIR is a private directory. Controllers that are to be killed are child processes of
 * the test.
 */
#include "controller/qemu/rundir.h"

#include "controller/base/fd.h"
#include "controller/base/tree.h"
#include "controller/qemu/mark.h"
#include "controller/qemu/options.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <utime.h>

#define WITHIN_US (20 * G_USEC_PER_SEC)

static char *runtime; /* $XDG_RUNTIME_DIR, emptied by each test */

static RunDir *new_dir(void)
{
    g_autoptr(GError) error = NULL;
    RunDir *dir = rundir_new(&error);

    g_assert_no_error(error);
    g_assert_nonnull(dir);
    return dir;
}

static bool exists(const char *path)
{
    return g_file_test(path, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_SYMLINK);
}

static unsigned entries(void)
{
    GDir *d = g_dir_open(runtime, 0, NULL);
    unsigned count = 0;

    g_assert_nonnull(d);
    while (g_dir_read_name(d))
        count++;
    g_dir_close(d);
    return count;
}

/* Looks again until it is gone, or too much time has passed. */
static bool vanishes(const char *path)
{
    for (gint64 end = g_get_monotonic_time() + WITHIN_US; g_get_monotonic_time() < end;) {
        if (!exists(path))
            return true;
        g_usleep(2000);
    }
    return false;
}

static void put(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);

    g_assert_true(g_file_set_contents(path, "x", 1, NULL));
}

/* --- an orderly life --- */

static void test_new_and_free(void)
{
    RunDir *dir = new_dir();
    g_autofree char *path = g_strdup(rundir_path(dir));
    g_autofree char *prefix = g_strdup_printf("%s/metronome-", runtime);
    g_autofree char *lock = g_build_filename(path, "lock", NULL);
    struct stat st;

    g_assert_true(g_str_has_prefix(path, prefix));
    g_assert_cmpint(lstat(path, &st), ==, 0);
    g_assert_cmpuint(st.st_mode, ==, S_IFDIR | 0700);
    g_assert_cmpint(lstat(lock, &st), ==, 0);
    g_assert_cmpuint(st.st_mode & 0777, ==, 0600);
    rundir_free(dir);
    g_assert_false(exists(path));
    g_assert_cmpuint(entries(), ==, 0);
    rundir_free(NULL);
}

static void test_full_tree_is_removed(void)
{
    g_autoptr(RunDir) dir = new_dir();
    g_autofree char *outside = g_build_filename(runtime, "outside", NULL);
    g_autofree char *link = g_build_filename(rundir_path(dir), "link", NULL);
    g_autofree char *made = rundir_make(dir, "node-a", NULL);
    g_autofree char *fifo = g_build_filename(made, "gate", NULL);

    g_assert_cmpint(g_mkdir(outside, 0700), ==, 0);
    put(outside, "kept");
    put(made, "file");
    g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
    g_assert_cmpint(symlink(outside, link), ==, 0);
    rundir_free(g_steal_pointer(&dir));
    g_assert_cmpuint(entries(), ==, 1); /* links are removed, not followed */
    g_clear_pointer(&link, g_free);
    link = g_build_filename(outside, "kept", NULL);
    g_assert_true(exists(link));
    tree_remove(outside, NULL);
    g_assert_cmpuint(entries(), ==, 0);
}

static void test_make(void)
{
    g_autoptr(RunDir) dir = new_dir();
    g_autofree char *expected = g_build_filename(rundir_path(dir), "node-a", NULL);
    g_autofree char *made = rundir_make(dir, "node-a", NULL);
    g_autofree char *again = rundir_make(dir, "node-a", NULL);
    g_autofree char *message =
        g_strdup_printf("can't create '%s/lock': Not a directory", rundir_path(dir));
    g_autoptr(GError) error = NULL;
    struct stat st;

    g_assert_cmpstr(made, ==, expected);
    g_assert_cmpstr(again, ==, expected);
    g_assert_cmpint(lstat(made, &st), ==, 0);
    g_assert_cmpuint(st.st_mode, ==, S_IFDIR | 0700);
    g_assert_null(rundir_make(dir, "lock", &error));
    g_assert_error(error, NODE_ERROR, NODE_ERROR_SYSTEM);
    g_assert_cmpstr(error->message, ==, message);
}

/* Two controllers at once: neither sweeps the other's. */
static void test_two_live_together(void)
{
    g_autoptr(RunDir) first = new_dir();
    g_autoptr(RunDir) second = new_dir();

    g_assert_cmpstr(rundir_path(first), !=, rundir_path(second));
    g_assert_true(exists(rundir_path(first)));
    g_assert_true(exists(rundir_path(second)));
    rundir_free(g_steal_pointer(&second));
    g_assert_true(exists(rundir_path(first)));
}

static void test_no_children_left(void)
{
    rundir_free(new_dir());
    g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1);
    g_assert_cmpint(errno, ==, ECHILD);
}

/* --- the sweep --- */

static void write_file(const char *dir, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);

    g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static char *plain_dir(const char *name, mode_t mode)
{
    char *path = g_build_filename(runtime, name, NULL);

    g_assert_cmpint(g_mkdir(path, mode), ==, 0);
    return path;
}

/* A directory as a dead controller leaves it, with something of its own in it. */
static char *stale_dir(const char *name)
{
    char *path = plain_dir(name, 0700);
    g_autofree char *text = mark_text(name);

    write_file(path, "lock", text);
    write_file(path, "kept", "x");
    return path;
}

static void make_old(const char *path)
{
    struct utimbuf times = {.actime = time(NULL) - 60, .modtime = time(NULL) - 60};

    g_assert_cmpint(utime(path, &times), ==, 0);
}

static void sweep_now(void)
{
    rundir_free(new_dir());
}

static void forget(char *path)
{
    tree_remove(path, NULL);
    g_free(path);
}

static bool keeps(const char *path)
{
    g_autofree char *inner = g_build_filename(path, "kept", NULL);

    return exists(inner);
}

static void test_sweep_free_lock(void)
{
    g_autofree char *stale = stale_dir("metronome-STALE1");
    g_autofree char *inner = g_build_filename(stale, "0", NULL);

    g_assert_cmpint(g_mkdir(inner, 0700), ==, 0);
    write_file(inner, "stderr", "x");
    sweep_now();
    g_assert_false(exists(stale));
}

static void test_sweep_held_lock(void)
{
    g_autofree char *stale = stale_dir("metronome-HELD01");
    g_autofree char *lock = g_build_filename(stale, "lock", NULL);
    fd_auto fd = open(lock, O_RDWR | O_CLOEXEC);

    g_assert_cmpint(flock(fd, LOCK_EX | LOCK_NB), ==, 0);
    make_old(stale);
    sweep_now();
    g_assert_true(keeps(stale));
    fd_clear(&fd);
    sweep_now();
    g_assert_false(exists(stale));
}

/* What a controller that is killed between two steps of making one leaves, each step. */
static void test_sweep_in_the_making(void)
{
    g_autofree char *bare = plain_dir(".metronome-MAKE01", 01700);
    g_autofree char *empty = plain_dir(".metronome-MAKE02", 01700);
    g_autofree char *whole = plain_dir(".metronome-MAKE03", 01700);
    g_autofree char *done = plain_dir(".metronome-MAKE04", 0700);
    g_autofree char *third = mark_text("metronome-MAKE03"), *fourth = mark_text("metronome-MAKE04");
    const char *const all[] = {bare, empty, whole, done};

    write_file(empty, "lock", "");
    write_file(whole, "lock", third);
    write_file(done, "lock", fourth);
    sweep_now();
    for (unsigned i = 0; i < G_N_ELEMENTS(all); i++) {
        g_assert_true(exists(all[i]));
        make_old(all[i]);
    }
    sweep_now();
    for (unsigned i = 0; i < G_N_ELEMENTS(all); i++)
        g_assert_false(exists(all[i]));
}

/* --- what is not ours is left alone --- */

/* Each old, and each with a file of the user's. */
static void test_sweep_names(void)
{
    static const char *const names[] = {
        "metronome-data",    "metronome-reports",       "metronome-ABC12",    "metronome-ABC1234",
        "metronome-ABC-12",  "metronome-ABC12\xc3\xa9", "Metronome-ABC123",   "metronome_ABC123",
        "xmetronome-ABC123", ".metronome-data",         "..metronome-ABC123", "metronome-",
        "something-else",    "metronome-ABC123.bak"};

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = stale_dir(names[i]);

        make_old(path);
    }
    sweep_now();
    g_assert_cmpuint(entries(), ==, G_N_ELEMENTS(names));
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        char *path = g_build_filename(runtime, names[i], NULL);

        g_assert_true(keeps(path));
        forget(path);
    }
}

/* Those whose name is right, but the lock file is none of ours. */
static void test_sweep_locks(void)
{
    static const char *const texts[] = {
        NULL,
        "",
        "x",
        "metronome run directory\n",
        "metronome run directory\nformat 1\nname metronome-OTHER1\nversion 0.1.0\npid 1\n",
        "metronome run directory\nformat 2\nname metronome-LOCK05\nversion 9.0.0\npid 1\n"};

    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *name = g_strdup_printf("metronome-LOCK%02u", i);
        g_autofree char *path = plain_dir(name, 0700);

        write_file(path, "kept", "x");
        if (texts[i])
            write_file(path, "lock", texts[i]);
        make_old(path);
    }
    sweep_now();
    g_assert_cmpuint(entries(), ==, G_N_ELEMENTS(texts));
    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *name = g_strdup_printf("metronome-LOCK%02u", i);
        char *path = g_build_filename(runtime, name, NULL);

        g_assert_true(keeps(path));
        forget(path);
    }
}

static void replace_lock(const char *path, const char *kind)
{
    g_autofree char *lock = g_build_filename(path, "lock", NULL);
    g_autofree char *other = g_build_filename(path, "other", NULL);

    g_assert_cmpint(rename(lock, other), ==, 0);
    if (strcmp(kind, "symlink") == 0)
        g_assert_cmpint(symlink("other", lock), ==, 0);
    else if (strcmp(kind, "hard link") == 0)
        g_assert_cmpint(link(other, lock), ==, 0);
    else if (strcmp(kind, "fifo") == 0)
        g_assert_cmpint(mkfifo(lock, 0600), ==, 0);
    else
        g_assert_cmpint(g_mkdir(lock, 0700), ==, 0);
}

static void test_sweep_strange_locks(void)
{
    static const char *const kinds[] = {"symlink", "hard link", "fifo", "directory"};

    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        char *path = stale_dir("metronome-KIND01");

        replace_lock(path, kinds[i]);
        sweep_now();
        g_assert_true(keeps(path));
        forget(path);
    }
}

static void test_sweep_mode(void)
{
    char *path = stale_dir("metronome-MODE01");

    g_assert_cmpint(g_chmod(path, 0755), ==, 0);
    sweep_now();
    g_assert_true(keeps(path));
    forget(path);
}

/* Only root can make one. */
static void test_sweep_owner(void)
{
    char *path = stale_dir("metronome-OWNER1");
    g_autofree char *lock = g_build_filename(path, "lock", NULL);

    if (geteuid() != 0) {
        g_test_skip("needs root");
    } else {
        g_assert_cmpint(chown(path, 65534, (gid_t)-1), ==, 0);
        sweep_now();
        g_assert_true(keeps(path));
        g_assert_cmpint(chown(path, 0, (gid_t)-1), ==, 0);
        g_assert_cmpint(chown(lock, 65534, (gid_t)-1), ==, 0);
        sweep_now();
        g_assert_true(keeps(path));
    }
    forget(path);
}

static void test_sweep_links_and_files(void)
{
    char *other = stale_dir("something-else");
    g_autofree char *link = g_build_filename(runtime, "metronome-LINK01", NULL);
    g_autofree char *file = g_build_filename(runtime, "metronome-FILE01", NULL);

    g_assert_cmpint(symlink(other, link), ==, 0);
    put(runtime, "metronome-FILE01");
    make_old(other);
    sweep_now();
    g_assert_true(keeps(other));
    g_assert_true(exists(link));
    g_assert_true(exists(file));
    g_unlink(link);
    g_unlink(file);
    forget(other);
}

/* In the making: what has more in it than a lock file, or not the mode of one that is not done. */
static void test_sweep_making_of_others(void)
{
    g_autofree char *user = plain_dir(".metronome-USER01", 0700);
    g_autofree char *full = plain_dir(".metronome-FULL01", 01700);
    g_autofree char *text = mark_text("metronome-FULL01");

    write_file(full, "lock", text);
    write_file(full, "kept", "x");
    make_old(user);
    make_old(full);
    sweep_now();
    g_assert_true(exists(user));
    g_assert_true(keeps(full));
    tree_remove(user, NULL);
    tree_remove(full, NULL);
}

/* A link out of a dead directory is removed, and what it leads to stays. */
static void test_sweep_follows_no_link(void)
{
    char *outside = plain_dir("outside", 0700);
    g_autofree char *stale = stale_dir("metronome-STALE2");
    g_autofree char *link = g_build_filename(stale, "link", NULL);

    write_file(outside, "kept", "x");
    g_assert_cmpint(symlink(outside, link), ==, 0);
    sweep_now();
    g_assert_false(exists(stale));
    g_assert_true(keeps(outside));
    forget(outside);
}

/* Runs in a child, in a mount namespace of its own. 0: all is well, 77: it may not mount. */
static int sweep_with_mount(const char *outside, const char *stale)
{
    g_autofree char *point = g_build_filename(stale, "mounted", NULL);

    g_mkdir(point, 0700);
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount(outside, point, NULL, MS_BIND, NULL) != 0)
        return 77;
    sweep_now();
    return keeps(outside) && keeps(point) ? 0 : 1;
}

/* A bind mount of the same file system, which a device number would not show. */
static void test_sweep_mounts(void)
{
    char *outside = plain_dir("outside", 0700), *stale = stale_dir("metronome-MOUNT1");
    int status;
    pid_t pid;

    write_file(outside, "kept", "x");
    pid = fork();
    g_assert_cmpint(pid, >=, 0);
    if (pid == 0)
        _exit(sweep_with_mount(outside, stale));
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        g_test_skip("may not mount");
    else
        g_assert_cmpint(status, ==, 0);
    g_assert_true(keeps(outside));
    forget(outside);
    forget(stale);
}

/* Somebody removed the directory of a living controller and made another one of that name. */
static void test_replaced(void)
{
    RunDir *dir = new_dir();
    char *path = g_strdup(rundir_path(dir));

    tree_remove(path, NULL);
    g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
    write_file(path, "kept", "x");
    rundir_free(dir);
    g_assert_true(keeps(path));
    forget(path);
}

/* --- processes --- */

/* A stand-in for a QEMU: `sleep`, with this environment and called by these words. */
static pid_t spawn_leftover(const char *variable, char *const *words)
{
    pid_t pid = fork();

    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (variable)
            putenv((char *)variable);
        execvp("sh", words);
        _exit(127);
    }
    return pid;
}

static void wait_for_exec(pid_t pid)
{
    g_autofree char *file = g_strdup_printf("/proc/%d/cmdline", (int)pid);

    for (;;) {
        g_autofree char *text = NULL;

        if (g_file_get_contents(file, &text, NULL, NULL) && strcmp(text, "sh") == 0)
            return;
        g_usleep(1000);
    }
}

static void check_leftover(const char *variable, const char *option, const char *value, bool killed)
{
    const char *words[] = {"sh", "-c", "read x <&9; :", option, value, NULL};
    int ends[2], status;
    pid_t pid;

    g_assert_cmpint(pipe(ends), ==, 0);
    g_assert_cmpint(dup2(ends[0], 9), ==, 9); /* it waits for ever */
    pid = spawn_leftover(variable, (char *const *)words);
    wait_for_exec(pid);
    sweep_now();
    if (!killed) {
        g_assert_cmpint(waitpid(pid, &status, WNOHANG), ==, 0);
        g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
    }
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(ends[0]);
    close(ends[1]);
    close(9);
}

/* @ is the directory. */
static char *with_dir(const char *text, const char *dir)
{
    g_auto(GStrv) parts = text ? g_strsplit(text, "@", -1) : NULL;

    return parts ? g_strjoinv(dir, parts) : NULL;
}

/* name: of a dead directory, whose processes are to be swept. */
static void check_swept(const char *name, const char *variable, const char *option,
                        const char *value, bool killed)
{
    g_autofree char *stale = stale_dir(name);
    g_autofree char *v = with_dir(variable, stale);
    g_autofree char *w = with_dir(value, stale);

    check_leftover(v, option, w, killed);
    g_assert_false(exists(stale));
}

static void test_sweep_kills(void)
{
    const char *gdb = "socket,id=mtr-gdb,path=@/3/gdb,server=on,wait=off";

    check_swept("metronome-KILL01", "METRONOME_RUN=@/0", NULL, NULL, true);
    check_swept("metronome-KILL02", "METRONOME_RUN=@/12", NULL, NULL, true);
    check_swept("metronome-KILL03", NULL, "-chardev", gdb, true);
}

static void test_sweep_spares(void)
{
    const char *gdb = "socket,id=mtr-gdb,path=@/3/gdb,server=on,wait=off";

    check_swept("metronome-LIVE01", "METRONOME_RUN=@0", NULL, NULL, false);
    check_swept("metronome-LIVE02", "METRONOME_RUN=@/0/x", NULL, NULL, false);
    check_swept("metronome-LIVE03", "METRONOME_RUN=@/", NULL, NULL, false);
    check_swept("metronome-LIVE04", "XMETRONOME_RUN=@/0", NULL, NULL, false);
    check_swept("metronome-LIVE05", NULL, "cat", gdb, false);
    check_swept("metronome-LIVE06", NULL, "-chardev", "mtr-qmp @/gdb", false);
    check_swept("metronome-LIVE07", "METRONOME_RUN=x@/0", NULL, NULL, false);
}

/* What was launched and has left its group ends with the directory. */
static void test_free_kills(void)
{
    RunDir *dir = new_dir();
    g_autofree char *variable = g_strdup_printf("METRONOME_RUN=%s/0", rundir_path(dir));
    const char *words[] = {"sh", "-c", "read x <&9; :", NULL};
    int ends[2], status;
    pid_t pid;

    g_assert_cmpint(pipe(ends), ==, 0);
    g_assert_cmpint(dup2(ends[0], 9), ==, 9);
    pid = spawn_leftover(variable, (char *const *)words);
    wait_for_exec(pid);
    rundir_free(dir);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(ends[0]);
    close(ends[1]);
    close(9);
}

/* --- sudden deaths --- */

/* A controller that has its directory and waits to be killed. */
static pid_t spawn_controller(char **path)
{
    char text[4096];
    ssize_t size;
    int ends[2];
    pid_t pid;

    g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
    pid = fork();
    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        RunDir *dir = rundir_new(NULL);
        const char *p = dir ? rundir_path(dir) : "";

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (write(ends[1], p, strlen(p)) <= 0)
            _exit(1);
        for (;;)
            pause();
    }
    close(ends[1]);
    size = read(ends[0], text, sizeof(text) - 1);
    g_assert_cmpint(size, >, 0);
    close(ends[0]);
    *path = g_strndup(text, (gsize)size);
    return pid;
}

static void kill_and_reap(pid_t pid, int signal)
{
    int status;

    g_assert_cmpint(kill(pid, signal), ==, 0);
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFSIGNALED(status));
}

/* The janitor is the controller's only child. */
static pid_t janitor_of(pid_t controller)
{
    g_autofree char *file =
        g_strdup_printf("/proc/%d/task/%d/children", (int)controller, (int)controller);
    g_autofree char *text = NULL;

    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    g_assert_cmpint(g_ascii_strtoll(text, NULL, 10), >, 1);
    return (pid_t)g_ascii_strtoll(text, NULL, 10);
}

/* `comm` is set once the janitor has boosted itself against signals. */
static void wait_for_janitor(pid_t janitor)
{
    g_autofree char *file = g_strdup_printf("/proc/%d/comm", (int)janitor);

    for (;;) {
        g_autofree char *text = NULL;

        g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
        if (strcmp(text, "metronome-tidy\n") == 0)
            return;
        g_usleep(1000);
    }
}

static void check_death(int signal)
{
    g_autofree char *path = NULL;
    pid_t pid = spawn_controller(&path);

    g_assert_true(exists(path));
    put(path, "left-behind");
    kill_and_reap(pid, signal);
    g_assert_true(vanishes(path));
    g_assert_cmpuint(entries(), ==, 0);
}

static void test_killed(void)
{
    check_death(SIGKILL);
}

static void test_terminated(void)
{
    check_death(SIGTERM);
}

/* Signals for the whole process group must not take the janitor along. */
static void test_janitor_shielded(void)
{
    g_autofree char *path = NULL;
    pid_t pid = spawn_controller(&path), janitor = janitor_of(pid);

    wait_for_janitor(janitor);
    g_assert_cmpint(getsid(janitor), ==, janitor); /* a Ctrl-C does not reach it */
    g_assert_cmpint(kill(janitor, SIGTERM), ==, 0);
    g_assert_cmpint(kill(janitor, SIGHUP), ==, 0);
    kill_and_reap(pid, SIGKILL);
    g_assert_true(vanishes(path));
}

/* One that somebody has stopped does not hold its controller up. */
static void test_janitor_stopped(void)
{
    RunDir *dir = new_dir();
    pid_t janitor = janitor_of(getpid());

    g_assert_cmpint(kill(janitor, SIGSTOP), ==, 0);
    rundir_free(dir);
    g_assert_cmpuint(entries(), ==, 0);
    g_assert_cmpint(waitpid(-1, NULL, WNOHANG), ==, -1);
}

/* A janitor that got a copy of the lock would make every dead controller look alive. */
static void test_janitor_has_no_lock(void)
{
    g_autofree char *path = NULL, *lock = NULL;
    pid_t pid = spawn_controller(&path), janitor = janitor_of(pid);
    fd_auto fd = -1;

    wait_for_janitor(janitor);
    g_assert_cmpint(kill(janitor, SIGSTOP), ==, 0);
    lock = g_build_filename(path, "lock", NULL);
    fd = open(lock, O_RDWR | O_CLOEXEC);
    g_assert_cmpint(flock(fd, LOCK_EX | LOCK_NB), ==, -1);
    kill_and_reap(pid, SIGKILL);
    g_assert_cmpint(flock(fd, LOCK_EX | LOCK_NB), ==, 0);
    g_assert_cmpint(kill(janitor, SIGCONT), ==, 0);
    g_assert_true(vanishes(path));
}

static void test_janitor_killed_too(void)
{
    g_autofree char *path = NULL;
    pid_t pid = spawn_controller(&path), janitor = janitor_of(pid);

    g_assert_cmpint(kill(janitor, SIGKILL), ==, 0);
    kill_and_reap(pid, SIGKILL);
    g_usleep(50000);
    g_assert_true(exists(path)); /* nobody is left to remove it */
    sweep_now();
    g_assert_false(exists(path));
}

/* --- where --- */

static void test_bad_runtime_dir(void)
{
    g_autoptr(RunDir) dir = NULL;
    g_autofree char *prefix = g_strdup_printf("%s/metronome-", g_get_tmp_dir());

    g_setenv("XDG_RUNTIME_DIR", "/nonexistent", TRUE);
    dir = new_dir();
    g_setenv("XDG_RUNTIME_DIR", runtime, TRUE);
    g_assert_true(g_str_has_prefix(rundir_path(dir), prefix));
}

/* Else QEMU would be told another path, or other options. */
static void test_paths_for_qemu(void)
{
    static const char *const names[] = {"a\"b", "a\\b", "a\nb", "a\377b"};

    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *parent = g_build_filename(runtime, names[i], NULL);
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(g_mkdir(parent, 0700), ==, 0);
        g_setenv("XDG_RUNTIME_DIR", parent, TRUE);
        g_assert_null(rundir_new(&error));
        g_setenv("XDG_RUNTIME_DIR", runtime, TRUE);
        g_assert_nonnull(error);
        g_assert_nonnull(strstr(error->message, "can't be in a path that QEMU is told"));
        g_assert_cmpint(g_rmdir(parent), ==, 0);
    }
}

static void add_sweep_tests(void)
{
    g_test_add_func("/rundir/sweep/free-lock", test_sweep_free_lock);
    g_test_add_func("/rundir/sweep/held-lock", test_sweep_held_lock);
    g_test_add_func("/rundir/sweep/in-the-making", test_sweep_in_the_making);
    g_test_add_func("/rundir/sweep/spares/names", test_sweep_names);
    g_test_add_func("/rundir/sweep/spares/locks", test_sweep_locks);
    g_test_add_func("/rundir/sweep/spares/strange-locks", test_sweep_strange_locks);
    g_test_add_func("/rundir/sweep/spares/mode", test_sweep_mode);
    g_test_add_func("/rundir/sweep/spares/owner", test_sweep_owner);
    g_test_add_func("/rundir/sweep/spares/links-and-files", test_sweep_links_and_files);
    g_test_add_func("/rundir/sweep/spares/making-of-others", test_sweep_making_of_others);
    g_test_add_func("/rundir/sweep/follows-no-link", test_sweep_follows_no_link);
    g_test_add_func("/rundir/sweep/mounts", test_sweep_mounts);
    g_test_add_func("/rundir/sweep/replaced", test_replaced);
    g_test_add_func("/rundir/processes/killed", test_sweep_kills);
    g_test_add_func("/rundir/processes/spared", test_sweep_spares);
    g_test_add_func("/rundir/processes/free", test_free_kills);
}

static void add_death_tests(void)
{
    g_test_add_func("/rundir/death/janitor-stopped", test_janitor_stopped);
    g_test_add_func("/rundir/death/killed", test_killed);
    g_test_add_func("/rundir/death/terminated", test_terminated);
    g_test_add_func("/rundir/death/janitor-boosted", test_janitor_shielded);
    g_test_add_func("/rundir/death/janitor-has-no-lock", test_janitor_has_no_lock);
    g_test_add_func("/rundir/death/janitor-killed-too", test_janitor_killed_too);
}

int main(int argc, char **argv)
{
    g_autofree char *base = NULL;
    int status;

    g_test_init(&argc, &argv, NULL);
    base = g_dir_make_tmp("test-rundir-XXXXXX", NULL);
    g_assert_nonnull(base);
    runtime = g_build_filename(base, "run", NULL);
    g_assert_cmpint(g_mkdir(runtime, 0700), ==, 0);
    g_setenv("XDG_RUNTIME_DIR", runtime, TRUE);
    g_setenv("TMPDIR", base, TRUE);
    g_test_add_func("/rundir/life/new-and-free", test_new_and_free);
    g_test_add_func("/rundir/life/full-tree", test_full_tree_is_removed);
    g_test_add_func("/rundir/life/make", test_make);
    g_test_add_func("/rundir/life/two-together", test_two_live_together);
    g_test_add_func("/rundir/life/no-children-left", test_no_children_left);
    add_sweep_tests();
    add_death_tests();
    g_test_add_func("/rundir/bad-runtime-dir", test_bad_runtime_dir);
    g_test_add_func("/rundir/paths-for-qemu", test_paths_for_qemu);
    status = g_test_run();
    tree_remove(base, NULL);
    g_free(runtime);
    return status;
}
