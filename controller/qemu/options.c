/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.c: a node's options with their defaults, and the defaults of each architecture. */
#include "controller/qemu/options.h"

#include <string.h>

static const ArchDefaults archs[] = {
    {"aarch64", "virt", "cortex-a57", "virtio-blk-device", "virtio-scsi-device",
     "virtio-serial-device"},
    {"x86_64", "pc", "qemu64", "virtio-blk-pci", "virtio-scsi-pci", "virtio-serial-pci"},
    {"riscv64", "virt", "rv64", "virtio-blk-device", "virtio-scsi-device", "virtio-serial-device"},
};

const ArchDefaults *arch_defaults(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(archs); i++)
        if (strcmp(archs[i].arch, name) == 0)
            return &archs[i];
    return NULL;
}

/* This machine has no PCI unless the user asks for it, as the virt machines. */
static const ArchDefaults microvm = {"x86_64",
                                     "microvm",
                                     "qemu64",
                                     "virtio-blk-device",
                                     "virtio-scsi-device",
                                     "virtio-serial-device"};

bool node_options_is_microvm(const NodeOptions *o)
{
    const char *type =
        o->machine && g_str_has_prefix(o->machine, "type=") ? o->machine + 5 : o->machine;

    return type && strcspn(type, ",") == strlen(microvm.machine) &&
           g_str_has_prefix(type, microvm.machine);
}

const ArchDefaults *node_options_arch(const NodeOptions *o)
{
    return node_options_is_microvm(o) ? &microvm : arch_defaults(o->arch);
}

NodeOptions *node_options_new(const char *name)
{
    NodeOptions *o = g_new0(NodeOptions, 1);

    o->name = g_strdup(name);
    o->given = g_ptr_array_new_with_free_func(g_free);
    o->arch = g_strdup("aarch64");
    o->smp = 1;
    o->memory = INT64_C(512) << 20;
    o->icount = icount_usual();
    o->seed = 1;
    o->nics = 1;
    return o;
}

void node_options_free(NodeOptions *o)
{
    if (!o)
        return;
    g_free(o->name);
    g_free(o->host);
    g_ptr_array_unref(o->given);
    g_free(o->arch);
    g_free(o->qemu);
    g_free(o->machine);
    g_free(o->cpu);
    g_free(o->kernel);
    g_free(o->initrd);
    g_free(o->append);
    g_free(o->disk);
    g_free(o->format);
    g_free(o->cdrom);
    g_free(o->firmware);
    g_free(o->serial);
    g_free(o->extra);
    g_free(o);
}
