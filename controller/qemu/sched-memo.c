/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sched-memo.c: a thread is identified by its number and its start time, and a start time by the
 * boot of the host. */
#include "controller/qemu/sched-memo.h"

#include "controller/base/process.h"
#include "controller/qemu/sched.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#define PROCESS       "process"
#define THREAD_PREFIX "thread "

typedef struct {
    pid_t tid;
    int64_t start; /* process_start_time() */
    int policy, priority;
    cpu_set_t cpus;
} Thread;

struct SchedMemo {
    pid_t pid;
    int64_t start;
    char *boot;      /* the start times belong to this boot of the host */
    GArray *threads; /* Thread */
};

static char *this_boot(void)
{
    char *text = NULL;

    g_file_get_contents("/proc/sys/kernel/random/boot_id", &text, NULL, NULL);
    return text ? g_strchomp(text) : g_strdup("");
}

static SchedMemo *memo_new(pid_t pid, int64_t start, char *boot)
{
    SchedMemo *memo = g_new0(SchedMemo, 1);

    memo->pid = pid;
    memo->start = start;
    memo->boot = boot;
    memo->threads = g_array_new(FALSE, FALSE, sizeof(Thread));
    return memo;
}

static bool remember(pid_t tid, void *data)
{
    const SchedMemo *memo = data;
    Thread t = {.tid = tid, .start = process_start_time(memo->pid, tid)};
    struct sched_param param;

    t.policy = sched_getscheduler(tid);
    if (t.start < 0 || t.policy < 0 || sched_getparam(tid, &param) != 0 ||
        sched_getaffinity(tid, sizeof(t.cpus), &t.cpus) != 0)
        return true; /* the thread has ended meanwhile */
    t.priority = param.sched_priority;
    g_array_append_val(memo->threads, t);
    return true;
}

SchedMemo *sched_memo_new(pid_t pid)
{
    SchedMemo *memo = memo_new(pid, process_start_time(pid, pid), this_boot());

    sched_each_thread(pid, remember, memo, NULL);
    return memo;
}

void sched_memo_free(SchedMemo *memo)
{
    if (!memo)
        return;
    g_array_unref(memo->threads);
    g_free(memo->boot);
    g_free(memo);
}

bool sched_memo_lives(const SchedMemo *memo)
{
    g_autofree char *boot = this_boot();

    return memo->start >= 0 && strcmp(boot, memo->boot) == 0 &&
           process_start_time(memo->pid, memo->pid) == memo->start;
}

static const Thread *find(const SchedMemo *memo, pid_t tid, int64_t start)
{
    for (unsigned i = 0; i < memo->threads->len; i++) {
        const Thread *t = &g_array_index(memo->threads, Thread, i);

        if (t->tid == tid && t->start == start)
            return t;
    }
    return NULL;
}

typedef struct {
    const SchedMemo *memo;
    const Thread *main; /* the main thread; NULL: not known */
    bool ok;
} Restoring;

static bool is_scheduled_as(pid_t tid, const Thread *t)
{
    struct sched_param param;

    return sched_getscheduler(tid) == t->policy && sched_getparam(tid, &param) == 0 &&
           param.sched_priority == t->priority;
}

static bool has_cpus(pid_t tid, const Thread *t)
{
    cpu_set_t cpus;

    return sched_getaffinity(tid, sizeof(cpus), &cpus) == 0 && CPU_EQUAL(&cpus, &t->cpus);
}

static bool restore(pid_t tid, void *data)
{
    Restoring *r = data;
    const Thread *t = find(r->memo, tid, process_start_time(r->memo->pid, tid));
    struct sched_param param;

    t = t ? t : r->main;
    if (!t)
        return true;
    param.sched_priority = t->priority;
    if (!is_scheduled_as(tid, t) && sched_setscheduler(tid, t->policy, &param) != 0 &&
        errno != ESRCH)
        r->ok = false;
    if (!has_cpus(tid, t) && sched_setaffinity(tid, sizeof(t->cpus), &t->cpus) != 0 &&
        errno != ESRCH)
        r->ok = false;
    return true;
}

bool sched_memo_restore(const SchedMemo *memo)
{
    Restoring r = {memo, find(memo, memo->pid, memo->start), true};

    /* Two rounds: a thread that is started during the first one has its parent's old scheduling. */
    for (unsigned round = 0; round < 2 && sched_memo_lives(memo); round++) {
        r.ok = true;
        sched_each_thread(memo->pid, restore, &r, NULL);
    }
    return r.ok;
}

/* --- in a file --- */

void sched_memo_save(const SchedMemo *memo, GKeyFile *file)
{
    g_key_file_set_integer(file, PROCESS, "pid", (int)memo->pid);
    g_key_file_set_int64(file, PROCESS, "start", memo->start);
    g_key_file_set_string(file, PROCESS, "boot", memo->boot);
    for (unsigned i = 0; i < memo->threads->len; i++) {
        const Thread *t = &g_array_index(memo->threads, Thread, i);
        g_autofree char *group = g_strdup_printf(THREAD_PREFIX "%d", (int)t->tid);
        g_autoptr(GArray) cpus = g_array_new(FALSE, FALSE, sizeof(int));

        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
            if (CPU_ISSET(cpu, &t->cpus))
                g_array_append_val(cpus, cpu);
        g_key_file_set_int64(file, group, "start", t->start);
        g_key_file_set_integer(file, group, "policy", t->policy);
        g_key_file_set_integer(file, group, "priority", t->priority);
        g_key_file_set_integer_list(file, group, "cpus", (int *)(void *)cpus->data, cpus->len);
    }
}

static void load_thread(SchedMemo *memo, GKeyFile *file, const char *group)
{
    gsize n = 0;
    g_autofree int *cpus = g_key_file_get_integer_list(file, group, "cpus", &n, NULL);
    Thread t = {.tid = (pid_t)g_ascii_strtoll(group + strlen(THREAD_PREFIX), NULL, 10),
                .start = g_key_file_get_int64(file, group, "start", NULL),
                .policy = g_key_file_get_integer(file, group, "policy", NULL),
                .priority = g_key_file_get_integer(file, group, "priority", NULL)};

    CPU_ZERO(&t.cpus);
    for (gsize i = 0; i < n; i++)
        if (cpus[i] >= 0 && cpus[i] < CPU_SETSIZE)
            CPU_SET(cpus[i], &t.cpus);
    if (t.tid > 0 && n > 0)
        g_array_append_val(memo->threads, t);
}

SchedMemo *sched_memo_load(GKeyFile *file)
{
    int pid = g_key_file_get_integer(file, PROCESS, "pid", NULL);
    g_autofree char *boot = g_key_file_get_string(file, PROCESS, "boot", NULL);
    g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
    SchedMemo *memo;

    if (pid <= 0 || !boot)
        return NULL;
    memo =
        memo_new(pid, g_key_file_get_int64(file, PROCESS, "start", NULL), g_steal_pointer(&boot));
    for (char **group = groups; *group; group++)
        if (g_str_has_prefix(*group, THREAD_PREFIX))
            load_thread(memo, file, *group);
    return memo;
}
