/* SPDX-License-Identifier: GPL-3.0-or-later */
/* identity.c: asks QMP for version and vCPUs, and /proc for the file that the process executes. */
#include "controller/qemu/identity.h"

#include "controller/base/text.h"

static char *executed_by(pid_t pid)
{
    g_autofree char *exe = g_strdup_printf("/proc/%d/exe", (int)pid);

    return g_file_read_link(exe, NULL);
}

bool identity_read(Node *n, GError **error)
{
    QmpVersion v = {0};
    bool old;
    g_autoptr(GArray) cpus = NULL;
    g_autofree char *package = NULL;

    if (!qmp_query_version(n->qmp, &v, NODE_REPLY_MS, error))
        return false;
    package = text_line(v.package ? v.package : "", -1);
    n->version =
        g_strdup_printf("%d.%d.%d%s%s", v.major, v.minor, v.micro, *package ? " " : "", package);
    old = v.major < 7 || (v.major == 7 && v.minor < 2);
    qmp_version_clear(&v);
    if (old) {
        g_set_error(error, NODE_ERROR, NODE_ERROR_LAUNCH,
                    "node %s: QEMU %s has no netdev dgram, which came with QEMU 7.2", n->name,
                    n->version);
        return false;
    }
    cpus = qmp_query_cpus_fast(n->qmp, NODE_REPLY_MS, error);
    if (!cpus)
        return false;
    g_array_set_size(n->vcpus, 0);
    for (unsigned i = 0; i < cpus->len; i++) {
        pid_t tid = (pid_t)g_array_index(cpus, QmpCpu, i).thread_id;
        g_array_append_val(n->vcpus, tid);
    }
    n->file = executed_by(n->pid);
    return true;
}
