/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sched.c: sets scheduling policy and affinity of QEMU's threads.
 *
 * Order on a node's CPU, highest first: our worker thread, QEMU's helper threads (QMP, RCU), its
 * main thread, its vCPU threads; below them, while quanta are run, the QMP thread.
 *
 * The helpers are above the main thread because the main thread may spin: a QEMU that is stopped
 * with sleep=on can hold its warp timer a few ns ahead on a clock that stands still, and polls for
 * that timer without end.
 */
#include "controller/qemu/sched.h"

#include "controller/base/cpu-list.h"
#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/qemu/options.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MESSENGER_PRIORITY 12
#define WORKER_PRIORITY    12
#define HELPER_PRIORITY    11
#define MAIN_PRIORITY      10
#define VCPU_PRIORITY      1

#define LET_RUN_US 1000

#define WAITING_NICE 10

const char *sched_mode_name(SchedMode sched)
{
    switch (sched) {
    case SCHED_MODE_STRICT:
        return "strict";
    case SCHED_MODE_UNPRIVILEGED:
        return "unprivileged";
    case SCHED_MODE_BEST_EFFORT:
        return "best effort";
    }
    g_assert_not_reached();
}

GArray *sched_host_cpus(void)
{
    GArray *cpus = g_array_new(FALSE, FALSE, sizeof(int));
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) != 0) {
        CPU_ZERO(&set);
        CPU_SET(0, &set);
    }
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &set))
            g_array_append_val(cpus, cpu);
    return cpus;
}

static bool refuse_cpus(const char *list, const char *why, GError **error)
{
    g_set_error(error, NODE_ERROR, NODE_ERROR_OPTION,
                "cpus='%s': %s; a list of CPUs such as 0-3,6 is expected", list, why);
    return false;
}

bool sched_check_cpus(const char *list, GError **error)
{
    cpu_set_t set;

    return cpu_list_parse(list, &set) || refuse_cpus(list, "that is no list", error);
}

bool sched_restrict_cpus(const char *list, GError **error)
{
    cpu_set_t set;

    if (!cpu_list_parse(list, &set))
        return refuse_cpus(list, "that is no list", error);
    return sched_setaffinity(0, sizeof(set), &set) == 0 ||
           refuse_cpus(list, errno == EINVAL ? "this host has none of them" : g_strerror(errno),
                       error);
}

static bool pin(pid_t tid, int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(tid, sizeof(set), &set) == 0;
}

static bool set_policy(pid_t tid, int policy, int priority)
{
    struct sched_param param = {.sched_priority = priority};

    return sched_setscheduler(tid, policy, &param) == 0;
}

/* Whether a SCHED_IDLE thread can get another policy again, which needs RLIMIT_NICE or
 * privilege. */
static bool can_demote;

/* fd: one end of a socket pair. Writes the thread's id to fd, and returns when the other end is
 * closed. */
static void *sleeper_main(void *fd)
{
    fd_auto end = GPOINTER_TO_INT(fd);
    pid_t tid = gettid();

    if (write(end, &tid, sizeof(tid)) == sizeof(tid))
        TEMP_FAILURE_RETRY(read(end, &tid, sizeof(tid)));
    return NULL;
}

/*
 * Starts a thread that sleeps until *end is closed, for policies to be tried on; 0: no thread. The
 * thread must not run meanwhile, and nobody may wait for it afterwards: on a busy CPU a SCHED_IDLE
 * thread may not get to its next system call for minutes.
 */
static pid_t start_sleeper(int *end)
{
    int pair[2];
    pid_t tid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return 0;
    *end = pair[0];
    g_thread_unref(g_thread_new("probe", sleeper_main, GINT_TO_POINTER(pair[1])));
    return TEMP_FAILURE_RETRY(read(pair[0], &tid, sizeof(tid))) == sizeof(tid) ? tid : 0;
}

static SchedMode try_policies(pid_t tid)
{
    if (set_policy(tid, SCHED_FIFO, WORKER_PRIORITY)) {
        can_demote = set_policy(tid, SCHED_IDLE, 0) && set_policy(tid, SCHED_FIFO, WORKER_PRIORITY);
        return SCHED_MODE_STRICT;
    }
    return set_policy(tid, SCHED_IDLE, 0) ? SCHED_MODE_UNPRIVILEGED : SCHED_MODE_BEST_EFFORT;
}

static SchedMode try_mode(pid_t tid)
{
    g_autoptr(GArray) cpus = sched_host_cpus();
    cpu_set_t all;
    SchedMode sched;

    if (tid == 0 || sched_getaffinity(tid, sizeof(all), &all) != 0 ||
        !pin(tid, g_array_index(cpus, int, 0)))
        return SCHED_MODE_BEST_EFFORT;
    sched = try_policies(tid);
    /* Lets the thread end on any CPU: a process has not ended before its threads have. */
    sched_setaffinity(tid, sizeof(all), &all);
    return sched;
}

SchedMode sched_probe(void)
{
    const char *wish = g_getenv("METRONOME_RANK");
    fd_auto end = -1;
    SchedMode sched = try_mode(start_sleeper(&end));

    if (wish && strcmp(wish, "unprivileged") == 0)
        return MAX(sched, SCHED_MODE_UNPRIVILEGED);
    if (wish && strcmp(wish, "best-effort") == 0)
        return SCHED_MODE_BEST_EFFORT;
    if (wish && strcmp(wish, "strict") != 0)
        log_warn("METRONOME_RANK='%s' is not strict, unprivileged or best-effort: ignored", wish);
    return sched;
}

bool sched_each_thread(pid_t pid, bool (*func)(pid_t tid, void *data), void *data, GError **error)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/task", (int)pid);
    GDir *dir = g_dir_open(path, 0, error);
    bool ok = true;

    if (!dir)
        return false;
    for (const char *name; ok && (name = g_dir_read_name(dir));) {
        ok = func((pid_t)g_ascii_strtoll(name, NULL, 10), data);
        if (!ok && errno == ESRCH)
            ok = true;
    }
    if (!ok)
        g_set_error(error, NODE_ERROR, NODE_ERROR_SYSTEM,
                    "can't rank the threads of process %d: %s", (int)pid, g_strerror(errno));
    g_dir_close(dir);
    return ok;
}

/* The number of links of the folder /proc/PID/task: proc_task_getattr(), Linux's fs/proc/base.c. */
uint64_t sched_thread_mark(pid_t pid)
{
    char path[64];
    struct stat st;

    g_snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    return stat(path, &st) == 0 ? st.st_nlink : 0;
}

typedef struct {
    SchedMode sched;
    pid_t pid;
    const GArray *vcpus;
    int cpu;
} Plan;

static bool is_vcpu(const GArray *vcpus, pid_t tid)
{
    for (unsigned i = 0; i < vcpus->len; i++)
        if (g_array_index(vcpus, pid_t, i) == tid)
            return true;
    return false;
}

static int priority_of(const Plan *r, pid_t tid)
{
    if (is_vcpu(r->vcpus, tid))
        return VCPU_PRIORITY;
    return tid == r->pid ? MAIN_PRIORITY : HELPER_PRIORITY;
}

static bool sched_thread(pid_t tid, void *data)
{
    const Plan *r = data;

    if (!pin(tid, r->cpu))
        return false;
    if (r->sched == SCHED_MODE_STRICT)
        return set_policy(tid, SCHED_FIFO, priority_of(r, tid));
    return !is_vcpu(r->vcpus, tid) || set_policy(tid, SCHED_IDLE, 0);
}

bool sched_apply(SchedMode sched, pid_t pid, const GArray *vcpus, int cpu, GError **error)
{
    Plan plan = {sched, pid, vcpus, cpu};

    if (sched == SCHED_MODE_BEST_EFFORT)
        return true;
    return sched_each_thread(pid, sched_thread, &plan, error);
}

void sched_boost_vcpus(const GArray *vcpus, bool boost)
{
    for (unsigned i = 0; i < vcpus->len; i++)
        set_policy(g_array_index(vcpus, pid_t, i), boost ? SCHED_FIFO : SCHED_OTHER,
                   boost ? VCPU_PRIORITY : 0);
}

int64_t sched_thread_runtime_ns(pid_t pid, pid_t tid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/schedstat", (int)pid, (int)tid);
    g_autofree char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? g_ascii_strtoll(text, NULL, 10) : -1;
}

static bool match_monitor(pid_t tid, void *data)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/comm", (int)tid);
    g_autofree char *name = NULL;

    if (g_file_get_contents(path, &name, NULL, NULL) &&
        strcmp(g_strchomp(name), "IO mon_iothread") == 0)
        *(pid_t *)data = tid;
    return true;
}

pid_t sched_find_monitor(pid_t pid)
{
    pid_t tid = 0;

    sched_each_thread(pid, match_monitor, &tid, NULL);
    return tid;
}

void sched_demote_monitor(pid_t tid, bool demote)
{
    if (demote && can_demote)
        set_policy(tid, SCHED_IDLE, 0);
    else
        set_policy(tid, SCHED_FIFO, HELPER_PRIORITY);
}

void sched_raise_main(pid_t pid, bool raise)
{
    set_policy(pid, raise ? SCHED_FIFO : SCHED_OTHER, raise ? MAIN_PRIORITY : 0);
}

void sched_let_vcpus_run(pid_t pid)
{
    sched_raise_main(pid, false);
    g_usleep(LET_RUN_US);
    sched_raise_main(pid, true);
}

void sched_apply_messenger(SchedMode sched)
{
    if (sched == SCHED_MODE_STRICT)
        set_policy(0, SCHED_FIFO, MESSENGER_PRIORITY); /* else messages are slower */
}

/* Whether the process is an sshd that serves our session. The process depends on sshd's version and
 * on the user: it is a child of the listening sshd. */
static bool is_sshd(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/comm", (int)pid);
    g_autofree char *name = NULL;

    return g_getenv("SSH_CONNECTION") && g_file_get_contents(path, &name, NULL, NULL) &&
           g_str_has_prefix(name, "sshd");
}

void sched_apply_sshd(SchedMode sched, pid_t pid)
{
    cpu_set_t set;

    if (sched != SCHED_MODE_STRICT || !is_sshd(pid))
        return;
    /* The messages of an agent cost CPU time, which is to be spent on this agent's CPUs. */
    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        sched_setaffinity(pid, sizeof(set), &set);
    set_policy(pid, SCHED_FIFO | SCHED_RESET_ON_FORK, MESSENGER_PRIORITY);
}

void sched_release_sshd(pid_t pid)
{
    if (is_sshd(pid))
        set_policy(pid, SCHED_OTHER | SCHED_RESET_ON_FORK, 0);
}

int sched_nice(bool waits)
{
    return getpriority(PRIO_PROCESS, 0) + (waits && can_demote ? WAITING_NICE : 0);
}

static bool favor_thread(pid_t tid, void *nice)
{
    return setpriority(PRIO_PROCESS, (id_t)tid, *(int *)nice) == 0;
}

void sched_favor(pid_t pid)
{
    int nice = sched_nice(false);

    if (can_demote)
        sched_each_thread(pid, favor_thread, &nice, NULL);
}

bool sched_apply_self(SchedMode sched, int cpu)
{
    if (sched == SCHED_MODE_BEST_EFFORT)
        return true;
    if (!pin(0, cpu))
        return false;
    return sched != SCHED_MODE_STRICT || set_policy(0, SCHED_FIFO, WORKER_PRIORITY);
}
