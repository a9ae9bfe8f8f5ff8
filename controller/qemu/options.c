/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.c: a node's options with their defaults, and the defaults of each architecture. */
#include "controller/qemu/options.h"

#include "controller/qemu/board.h"

#include <string.h>

#define MMIO "virtio-blk-device", "virtio-scsi-device", "virtio-serial-device"
#define PCI  "virtio-blk-pci", "virtio-scsi-pci", "virtio-serial-pci"

static const ArchDefaults archs[] = {
    {"aarch64", "virt", "cortex-a57", MMIO}, {"arm", "virt", "cortex-a15", MMIO},
    {"i386", "pc", "qemu32", PCI},           {"riscv32", "virt", "rv32", MMIO},
    {"riscv64", "virt", "rv64", MMIO},       {"x86_64", "pc", "qemu64", PCI},
};

/* These machines have no PCI unless the user asks for it, as the virt machines. */
static const ArchDefaults microvms[] = {
    {"i386", "microvm", "qemu32", MMIO},
    {"x86_64", "microvm", "qemu64", MMIO},
};

/* QEMU's names for whatever bus the architecture has (qdev_alias_table, softmmu/qdev-monitor.c). */
static const ArchDefaults others = {NULL, NULL, NULL, "virtio-blk", "virtio-scsi", "virtio-serial"};

const char *const *arch_names(void)
{
    static const char *names[G_N_ELEMENTS(archs) + 1];

    for (unsigned i = 0; i < G_N_ELEMENTS(archs); i++)
        names[i] = archs[i].arch;
    return names;
}

const ArchDefaults *arch_defaults(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(archs); i++)
        if (strcmp(archs[i].arch, name) == 0)
            return &archs[i];
    return NULL;
}

const ArchDefaults *node_options_arch(const NodeOptions *o)
{
    const ArchDefaults *arch = arch_defaults(o->arch);

    for (unsigned i = 0; i < G_N_ELEMENTS(microvms); i++)
        if (strcmp(microvms[i].arch, o->arch) == 0 && board_is(o->machine, "microvm"))
            return &microvms[i];
    return arch ? arch : &others;
}

bool node_options_is_pc(const NodeOptions *o)
{
    const ArchDefaults *arch = node_options_arch(o);

    return arch->machine && strcmp(arch->machine, "pc") == 0;
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
    g_free(o->files);
    g_free(o->disk);
    g_free(o->format);
    g_free(o->cdrom);
    g_free(o->firmware);
    g_free(o->serial);
    g_free(o->extra);
    g_free(o);
}
