/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-attached.c: a process gets its priorities and CPUs back, and no other one does. */
#include "controller/qemu/attached.h"
#include "controller/qemu/sched-memo.h"

#include "controller/qemu/options.h"

#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child_new(void)
{
    pid_t pid = fork();

    if (pid == 0)
        for (;;)
            pause();
    g_assert_cmpint(pid, >, 0);
    return pid;
}

static void child_end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void change(pid_t pid, const cpu_set_t *before)
{
    const struct sched_param param = {0};
    cpu_set_t one;
    int cpu = 0;

    while (!CPU_ISSET(cpu, before))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    g_assert_cmpint(sched_setaffinity(pid, sizeof(one), &one), ==, 0);
    g_assert_cmpint(sched_setscheduler(pid, SCHED_BATCH, &param), ==, 0);
}

static bool is_as(pid_t pid, const cpu_set_t *before)
{
    cpu_set_t now;

    g_assert_cmpint(sched_getaffinity(pid, sizeof(now), &now), ==, 0);
    return CPU_EQUAL(&now, before) && sched_getscheduler(pid) == SCHED_OTHER;
}

static void test_memo(void)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(SchedMemo) memo = NULL, loaded = NULL, other = NULL;
    pid_t pid = child_new();
    cpu_set_t before;

    g_assert_cmpint(sched_getaffinity(pid, sizeof(before), &before), ==, 0);
    memo = sched_memo_new(pid);
    sched_memo_save(memo, file);
    loaded = sched_memo_load(file);
    g_assert_nonnull(loaded);
    g_assert_true(sched_memo_lives(loaded));
    change(pid, &before);
    g_assert_true(sched_memo_restore(loaded));
    g_assert_true(is_as(pid, &before));

    /* The same number, but it began at another time. */
    g_key_file_set_int64(file, "process", "start",
                         g_key_file_get_int64(file, "process", "start", NULL) - 1);
    other = sched_memo_load(file);
    change(pid, &before);
    g_assert_false(sched_memo_lives(other));
    sched_memo_restore(other);
    g_assert_cmpint(sched_getscheduler(pid), ==, SCHED_BATCH);

    child_end(pid);
    g_assert_false(sched_memo_lives(loaded));
    g_assert_true(sched_memo_restore(loaded));
}

static void test_nonsense(void)
{
    static const char *const texts[] = {
        "",
        "[process]\n",
        "[process]\npid=0\nboot=x\n",
        "[process]\npid=-1\nboot=x\nstart=1\n",
        "[process]\npid=99999999999999999999\nboot=x\n",
        "[thread 1]\ncpus=0\n",
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GKeyFile) file = g_key_file_new();

        g_key_file_load_from_data(file, texts[i], (gsize)-1, G_KEY_FILE_NONE, NULL);
        g_assert_null(sched_memo_load(file));
    }
}

static unsigned entries(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    unsigned n = 0;

    while (g_dir_read_name(dir))
        n++;
    g_dir_close(dir);
    return n;
}

/* What a controller does that is killed, and what its janitor does then. */
static void test_given_back(void)
{
    g_autofree char *run_dir = g_dir_make_tmp("metronome-XXXXXX", NULL);
    pid_t pid = child_new(), controller;
    cpu_set_t before;

    g_assert_cmpint(sched_getaffinity(pid, sizeof(before), &before), ==, 0);
    controller = fork();
    if (controller == 0) {
        Attached *a = attached_new(pid, "/none", run_dir, NULL);

        _exit(a && attached_remember(a, true, NULL) ? 0 : 1);
    }
    g_assert_cmpint(waitpid(controller, NULL, 0), ==, controller);
    g_assert_cmpuint(entries(run_dir), ==, 1);
    change(pid, &before);
    attached_give_back(run_dir);
    g_assert_true(is_as(pid, &before));
    g_assert_cmpuint(entries(run_dir), ==, 0);
    child_end(pid);
    g_rmdir(run_dir);
}

static void test_claim(void)
{
    g_autofree char *run_dir = g_dir_make_tmp("metronome-XXXXXX", NULL);
    g_autoptr(GError) error = NULL;
    pid_t pid = child_new();
    g_autoptr(Attached) first = attached_new(pid, "/none", run_dir, &error);

    g_assert_no_error(error);
    g_assert_true(attached_remember(first, true, &error));
    g_assert_null(attached_new(pid, "/none", run_dir, &error));
    g_assert_error(error, NODE_ERROR, NODE_ERROR_STATE);
    g_clear_error(&error);
    g_clear_pointer(&first, attached_free);
    g_assert_cmpuint(entries(run_dir), ==, 0);
    first = attached_new(pid, "/none", run_dir, &error);
    g_assert_no_error(error);
    g_assert_nonnull(first);
    child_end(pid);
    g_rmdir(run_dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/attached/memo", test_memo);
    g_test_add_func("/attached/nonsense", test_nonsense);
    g_test_add_func("/attached/given-back", test_given_back);
    g_test_add_func("/attached/claim", test_claim);
    return g_test_run();
}
