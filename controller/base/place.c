/* SPDX-License-Identifier: GPL-3.0-or-later */
/* place.c: access(2) answers for permissions and for file systems that are mounted read-only; to root
 * it permits what the kernel's own file systems then refuse. */
#include "controller/base/place.h"

#include <errno.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

static bool is_kernels(const char *folder)
{
    static const long kinds[] = {PROC_SUPER_MAGIC,   SYSFS_MAGIC,         DEBUGFS_MAGIC,
                                 TRACEFS_MAGIC,      SECURITYFS_MAGIC,    CGROUP_SUPER_MAGIC,
                                 DEVPTS_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, BPF_FS_MAGIC};
    struct statfs about;

    if (statfs(folder, &about) != 0)
        return false;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if ((long)about.f_type == kinds[i])
            return true;
    return false;
}

bool place_takes_files(const char *folder)
{
    if (access(folder, W_OK | X_OK) != 0)
        return false;
    if (!is_kernels(folder))
        return true;
    errno = EPERM;
    return false;
}
