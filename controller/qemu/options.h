/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * options.h: a user's description of a node. option-keys.h fills it in, and qemu-argv.h makes a
 * command line of it. Pure.
 */
#ifndef QEMU_OPTIONS_H
#define QEMU_OPTIONS_H

#include "controller/qemu/icount.h"
#include "controller/qemu/node-error.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define NODE_MAX_NICS  8
#define NODE_MAX_UARTS 8

/* Where a node's images and throw-away overlays are while it lives (disk.h). */
typedef enum {
    DISK_USUAL,  /* as the scheduling mode has it */
    DISK_MEMORY, /* in memory */
    DISK_HOST,   /* where the host keeps them */
} DiskMode;

/* What a guest that leaves means for the run. */
typedef enum {
    ON_EXIT_STOP,     /* `run-until` ends, as a failure */
    ON_EXIT_CONTINUE, /* nothing */
    ON_EXIT_FAIL,     /* any run fails if the guest left badly: node_left_badly() */
} OnExit;

/* Whether the guest may ask QEMU by semihosting; its output is a console (semi.h). */
typedef enum {
    SEMIHOSTING_OFF,
    SEMIHOSTING_ON,
    SEMIHOSTING_USERSPACE, /* programs of the guest, too, not its kernel alone */
} Semihosting;

typedef struct {
    char *name;
    char *host;       /* the node's host; NULL: the local host */
    GPtrArray *given; /* key, value, …: all that was set, each key once */
    char *arch, *machine, *cpu;
    char *qemu; /* path or name of the node's QEMU; NULL: NodeWiring.qemu */
    int64_t smp;
    int64_t memory; /* bytes */
    bool memory_given;
    char *kernel, *initrd, *append;
    char *files; /* what a Linux guest finds behind its initrd (guest-files.h), as it was given */
    char *disk, *format, *cdrom; /* paths of images; format: of the disk, NULL: by its header */
    bool persist;                /* the disk keeps the guest's writes */
    DiskMode disk_mode;
    char *firmware; /* a file, "none" or "uefi" */
    char *serial;   /* address where QEMU listens for the port's other end (serial.h), or NULL */
    int64_t uarts; /* number of UARTs that lines can join (uart.h); 0: one, for the console alone */
    Icount icount;
    Semihosting semihosting;
    bool sleep_given; /* sleep= was named: metronome's own default is not why it is so */
    int64_t seed;
    int64_t nics; /* number of NICs */
    bool nics_given;
    const char *nic_model; /* QEMU's device; NULL before node_options_finish(): the usual one */
    uint8_t macs[NODE_MAX_NICS][6];
    unsigned n_macs; /* number of addresses that were given */
    OnExit on_exit;
    bool agent;  /* a virtio port for the guest agent (guest-init/agent.c) */
    char *extra; /* raw QEMU options, quoted as in a shell */
} NodeOptions;

NodeOptions *node_options_new(const char *name);
void node_options_free(NodeOptions *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NodeOptions, node_options_free)

/* The defaults of an architecture: machine and CPU (NULL: there is none), and the devices for a
 * disk, a SCSI controller and a serial bus, which depend on the machine. */
typedef struct {
    const char *arch;
    const char *machine, *cpu, *disk, *scsi, *serial;
} ArchDefaults;

/* Names of the architectures that have a default machine, NULL-terminated. */
const char *const *arch_names(void);

/* NULL: the architecture is none of arch_names(). */
const ArchDefaults *arch_defaults(const char *arch);

/* The defaults for the node's machine. Never NULL: an architecture of QEMU's that is none of
 * arch_names() has no machine and no CPU there, and QEMU's own names of devices. */
const ArchDefaults *node_options_arch(const NodeOptions *options);

/* Whether the machine is a PC with PCI. microvm has its devices on virtio-mmio, as the virt
 * machines. */
bool node_options_is_pc(const NodeOptions *options);

#endif
