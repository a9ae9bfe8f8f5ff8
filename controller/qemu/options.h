/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * options.h: what the user says about a node: option-keys.h takes it in, qemu-argv.h makes a
 * command line of it. Pure.
 */
#ifndef QEMU_OPTIONS_H
#define QEMU_OPTIONS_H

#include "controller/qemu/icount.h"
#include "controller/qemu/node-error.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define NODE_MAX_NICS 8

typedef struct {
    char *name;
    char *host;       /* where it is to run; NULL: here */
    GPtrArray *given; /* key, value, …: what was set, each key once, for that host */
    char *arch, *machine, *cpu;
    char *qemu; /* path or name of its QEMU; NULL: as the wiring says */
    int64_t smp;
    int64_t memory; /* bytes */
    char *kernel, *initrd, *append;
    char *disk, *format, *cdrom; /* images; format: of the disk, NULL: by its header */
    bool persist;                /* what is written to the disk stays there */
    char *firmware;              /* a file, "none" or "uefi" */
    char *serial; /* where QEMU listens for the port's other end, or NULL: serial.h */
    Icount icount;
    bool sleep_given; /* sleep= was named: metronome's own default is not why it is so */
    int64_t seed;
    int64_t nics;          /* network cards */
    const char *nic_model; /* QEMU's device; NULL before node_options_finish(): the usual one */
    uint8_t macs[NODE_MAX_NICS][6];
    unsigned n_macs;       /* so many of them were given */
    bool on_exit_continue; /* when its guest powers off, the others run on */
    bool agent;            /* a virtio port for guest-init/agent.c */
    char *extra;           /* raw QEMU options, quoted as in a shell */
} NodeOptions;

NodeOptions *node_options_new(const char *name);
void node_options_free(NodeOptions *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NodeOptions, node_options_free)

/* What a node gets where the user says nothing: machine and CPU, and the devices for a disk, a SCSI
 * controller and a serial bus, which depend on the machine. */
typedef struct {
    const char *arch;
    const char *machine, *cpu, *disk, *scsi, *serial;
} ArchDefaults;

/* NULL: the architecture is unknown. */
const ArchDefaults *arch_defaults(const char *arch);

/* Those of its machine. */
const ArchDefaults *node_options_arch(const NodeOptions *options);

/* machine=microvm of x86_64: its devices are on virtio-mmio, as those of the virt machines. */
bool node_options_is_microvm(const NodeOptions *options);

#endif
