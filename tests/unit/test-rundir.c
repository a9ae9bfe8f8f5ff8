/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-rundir.c: nothing of a controller's directory outlives it, however it ends.
 *
 * XDG_RUNTIME_DIR is a private directory. Controllers that are to be killed are child processes of
 * the test.
 */
#include "controller/node/rundir.h"

#include "controller/base/fd.h"
#include "controller/node/options.h"

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
    rundir_remove_tree(outside);
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

/* A directory as a dead controller leaves it, with a lock file or without. */
static char *stale_dir(const char *name, bool lock)
{
    char *path = g_build_filename(runtime, name, NULL);

    g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
    if (lock)
        put(path, "lock");
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

static void test_sweep_free_lock(void)
{
    g_autofree char *stale = stale_dir("metronome-STALE1", true);

    put(stale, "qmp.sock");
    sweep_now();
    g_assert_false(exists(stale));
}

static void test_sweep_held_lock(void)
{
    g_autofree char *stale = stale_dir("metronome-HELD01", true);
    g_autofree char *lock = g_build_filename(stale, "lock", NULL);
    fd_auto fd = open(lock, O_RDWR | O_CLOEXEC);

    g_assert_cmpint(flock(fd, LOCK_EX | LOCK_NB), ==, 0);
    make_old(stale);
    sweep_now();
    g_assert_true(exists(lock));
    fd_clear(&fd);
    sweep_now();
    g_assert_false(exists(stale));
}

/* One that is only just being made has another name: it gets its own together with its lock. */
static void test_sweep_in_the_making(void)
{
    g_autofree char *stale = stale_dir(".metronome-NOLOCK", false);

    sweep_now();
    g_assert_true(exists(stale));
    make_old(stale);
    sweep_now();
    g_assert_false(exists(stale));
}

static void test_sweep_others_alone(void)
{
    g_autofree char *other = stale_dir("something-else", true);
    g_autofree char *link = g_build_filename(runtime, "metronome-LINK01", NULL);
    g_autofree char *file = g_build_filename(runtime, "metronome-FILE01", NULL);
    g_autofree char *lock = g_build_filename(other, "lock", NULL);

    g_assert_cmpint(symlink(other, link), ==, 0);
    put(runtime, "metronome-FILE01");
    make_old(other);
    sweep_now();
    g_assert_true(exists(lock));
    g_assert_true(exists(link));
    g_assert_true(exists(file));
    g_unlink(link);
    g_unlink(file);
    rundir_remove_tree(other);
}

/* A process whose command line names the directory as a launched QEMU's does; its stand-in is
 * `sleep`, called by another name. */
static pid_t spawn_leftover(const char *name)
{
    pid_t pid = fork();

    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execlp("sleep", name, "600", NULL);
        _exit(127);
    }
    return pid;
}

static void wait_for_cmdline(pid_t pid, const char *name)
{
    g_autofree char *file = g_strdup_printf("/proc/%d/cmdline", (int)pid);

    for (;;) {
        g_autofree char *text = NULL;

        if (g_file_get_contents(file, &text, NULL, NULL) && strcmp(text, name) == 0)
            return;
        g_usleep(1000);
    }
}

static void test_sweep_kills_leftover(void)
{
    g_autofree char *stale = stale_dir("metronome-QEMU01", true);
    g_autofree char *ours = g_strdup_printf("mtr-qmp %s/gdb", stale);
    g_autofree char *other = g_strdup_printf("cat %s/gdb", stale);
    pid_t killed = spawn_leftover(ours), spared = spawn_leftover(other);
    int status;

    wait_for_cmdline(killed, ours);
    wait_for_cmdline(spared, other);
    sweep_now();
    g_assert_cmpint(waitpid(killed, &status, 0), ==, killed);
    g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    g_assert_cmpint(waitpid(spared, &status, WNOHANG), ==, 0);
    g_assert_cmpint(kill(spared, SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(spared, &status, 0), ==, spared);
    g_assert_false(exists(stale));
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

/* `comm` is set once the janitor has shielded itself against signals. */
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

static void add_death_tests(void)
{
    g_test_add_func("/rundir/death/killed", test_killed);
    g_test_add_func("/rundir/death/terminated", test_terminated);
    g_test_add_func("/rundir/death/janitor-shielded", test_janitor_shielded);
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
    g_test_add_func("/rundir/sweep/free-lock", test_sweep_free_lock);
    g_test_add_func("/rundir/sweep/held-lock", test_sweep_held_lock);
    g_test_add_func("/rundir/sweep/in-the-making", test_sweep_in_the_making);
    g_test_add_func("/rundir/sweep/others-alone", test_sweep_others_alone);
    g_test_add_func("/rundir/sweep/kills-leftover", test_sweep_kills_leftover);
    add_death_tests();
    g_test_add_func("/rundir/bad-runtime-dir", test_bad_runtime_dir);
    status = g_test_run();
    rundir_remove_tree(base);
    g_free(runtime);
    return status;
}
