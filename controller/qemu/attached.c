/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attached.c: the claim is an abstract socket that is named after the process. The record is a
 * key file in the run directory, and exists as long as its QEMU is attached or is yet to be
 * restored. */
#include "controller/qemu/attached.h"

#include "controller/base/fd.h"
#include "controller/base/log.h"
#include "controller/base/process.h"
#include "controller/qemu/mark.h"
#include "controller/qemu/options.h"
#include "controller/qemu/sched-memo.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define RECORD_PREFIX "attached." /* followed by the process id */
#define CLAIM_MS      5000        /* host ms; restoring a QEMU takes less */
#define RETRY_MS      10

struct Attached {
    pid_t pid;
    int claim_fd;
    char *path; /* of the record */
    char *qmp_path;
    bool ran;
    SchedMemo *memo;
};

/* --- the claim --- */

/* Binds an abstract socket: it has no file, and ends with the process that holds it. -1 with errno
 * EADDRINUSE: another process has the claim. */
static int claim_once(pid_t pid)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    fd_auto fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int length = g_snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
                            "metronome-attached-%d-%" G_GINT64_FORMAT, (int)pid,
                            process_start_time(pid, pid));

    if (fd < 0 ||
        bind(fd, (struct sockaddr *)&name,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) != 0)
        return -1;
    return fd_steal(&fd);
}

/* Waits up to CLAIM_MS for the claim, since the janitor of a dead controller may be restoring this
 * QEMU. path: a record; the wait ends when the record is gone. NULL: wait in any case. */
static int claim(pid_t pid, const char *path)
{
    gint64 end = g_get_monotonic_time() + CLAIM_MS * 1000;
    int fd;

    while ((fd = claim_once(pid)) < 0 && errno == EADDRINUSE && g_get_monotonic_time() < end &&
           (!path || access(path, F_OK) == 0))
        poll(NULL, 0, RETRY_MS);
    return fd;
}

/* --- the record --- */

static char *record_path(const char *run_dir, pid_t pid)
{
    g_autofree char *name = g_strdup_printf(RECORD_PREFIX "%d", (int)pid);

    return g_build_filename(run_dir, name, NULL);
}

static void forget(const char *path)
{
    g_unlink(path);
}

/* NULL: there is no record, or it is about another process. */
static Attached *load(const char *path)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(SchedMemo) memo = NULL;
    Attached *a;

    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL) ||
        !(memo = sched_memo_load(file)) || !sched_memo_lives(memo))
        return NULL;
    a = g_new0(Attached, 1);
    a->pid = g_key_file_get_integer(file, "process", "pid", NULL);
    a->claim_fd = -1;
    a->qmp_path = g_key_file_get_string(file, "qemu", "qmp", NULL);
    a->ran = g_key_file_get_boolean(file, "qemu", "ran", NULL);
    a->memo = g_steal_pointer(&memo);
    return a;
}

bool attached_remember(Attached *a, bool running, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();

    a->ran = a->ran || running;
    a->memo = sched_memo_new(a->pid);
    sched_memo_save(a->memo, file);
    g_key_file_set_string(file, "qemu", "qmp", a->qmp_path);
    g_key_file_set_boolean(file, "qemu", "ran", a->ran);
    return g_key_file_save_to_file(file, a->path, error);
}

/* --- giving back --- */

bool attached_ran(const Attached *a)
{
    return a->ran;
}

bool attached_lives(const Attached *a)
{
    return !a->memo || sched_memo_lives(a->memo);
}

bool attached_restore_scheduling(const Attached *a)
{
    return !a->memo || sched_memo_restore(a->memo);
}

/* Checks the peer: the socket may belong to another QEMU by now. */
QmpClient *attached_connect(const Attached *a, GError **error)
{
    g_autoptr(QmpClient) qmp = qmp_client_connect(a->qmp_path, ATTACHED_GIVE_BACK_MS, error);
    struct ucred cred;
    socklen_t size = sizeof(cred);

    if (!qmp)
        return NULL;
    if (getsockopt(qmp_client_fd(qmp), SOL_SOCKET, SO_PEERCRED, &cred, &size) == 0 &&
        cred.pid == a->pid)
        return g_steal_pointer(&qmp);
    g_set_error(error, NODE_ERROR, NODE_ERROR_DIED, "'%s' is another QEMU's by now", a->qmp_path);
    return NULL;
}

void attached_remove_gate(QmpClient *qmp)
{
    static const char *const objects[] = {"mtb", "mtf", "mt0", "mt1", "mt2",
                                          "mt3", "mtw", "mtd", "mtn"};

    for (unsigned i = 0; i < G_N_ELEMENTS(objects) && !qmp_client_broken(qmp); i++)
        qmp_object_del(qmp, objects[i], ATTACHED_GIVE_BACK_MS, NULL);
    qmp_netdev_del(qmp, "mth", ATTACHED_GIVE_BACK_MS, NULL);
    qmp_netdev_del(qmp, "mtg", ATTACHED_GIVE_BACK_MS, NULL);
}

/* Lets a guest run again that metronome has stopped. A guest that its own action or somebody else
 * brought to another state stays in that state. */
static void let_run(const Attached *a)
{
    g_autoptr(QmpClient) qmp = a->qmp_path ? attached_connect(a, NULL) : NULL;
    g_autofree char *status = NULL;
    bool running;

    if (!qmp || !qmp_query_status(qmp, &running, &status, ATTACHED_GIVE_BACK_MS, NULL))
        return;
    attached_remove_gate(qmp);
    if (a->ran && strcmp(status, "paused") == 0)
        qmp_cont(qmp, ATTACHED_GIVE_BACK_MS, NULL);
}

static void give_back(const char *path)
{
    g_autoptr(Attached) a = load(path);

    if (!a)
        return;
    a->claim_fd = claim(a->pid, path);
    if (a->claim_fd < 0 || access(path, F_OK) != 0)
        return; /* another process restores the QEMU, or has done so */
    sched_memo_restore(a->memo);
    let_run(a);
    forget(path);
}

void attached_give_back(const char *run_dir)
{
    GDir *dir = g_dir_open(run_dir, 0, NULL);

    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(run_dir, name, NULL);

        if (g_str_has_prefix(name, RECORD_PREFIX))
            give_back(path);
    }
    if (dir)
        g_dir_close(dir);
}

/* --- taking --- */

static bool is_run_dir(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
           (st.st_mode & 07777) == MARK_MODE;
}

/* Restores what older records of this process hold. We have the claim, so the writer of such a
 * record is dead, and its janitor may not have restored the QEMU. */
static void put_right(Attached *a, const char *parent)
{
    GDir *dir = g_dir_open(parent, 0, NULL);

    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *run_dir = g_build_filename(parent, name, NULL);
        g_autofree char *path = record_path(run_dir, a->pid);
        g_autoptr(Attached) left = NULL;

        if (!mark_is_name(name, MARK_PREFIX) || !is_run_dir(run_dir) || !(left = load(path)))
            continue;
        sched_memo_restore(left->memo);
        a->ran = a->ran || left->ran;
        forget(path);
    }
    if (dir)
        g_dir_close(dir);
}

Attached *attached_new(pid_t pid, const char *qmp_path, const char *run_dir, GError **error)
{
    g_autoptr(Attached) a = g_new0(Attached, 1);
    g_autofree char *parent = g_path_get_dirname(run_dir);

    a->pid = pid;
    a->qmp_path = g_canonicalize_filename(qmp_path, NULL);
    a->claim_fd = claim(pid, NULL);
    if (a->claim_fd < 0) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_STATE,
                    errno == EADDRINUSE
                        ? "QEMU (process %d) is attached already, to this metronome or another"
                        : "QEMU (process %d) can't be claimed",
                    (int)pid);
        return NULL;
    }
    put_right(a, parent);
    a->path = record_path(run_dir, pid);
    return g_steal_pointer(&a);
}

void attached_free(Attached *a)
{
    if (!a)
        return;
    if (a->path)
        forget(a->path);
    fd_clear(&a->claim_fd);
    g_free(a->path);
    g_free(a->qmp_path);
    g_clear_pointer(&a->memo, sched_memo_free);
    g_free(a);
}
