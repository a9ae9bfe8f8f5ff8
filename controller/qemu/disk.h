/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * disk.h: whether a node's disks let a run repeat itself.
 *
 * In strict mode all threads of a QEMU that serve a request outrank its vCPUs on the same CPU, so a
 * request is over before the guest executes anything more, unless the host's storage has to be
 * waited for. With disk-mode=memory it never has: the throw-away overlays lie in a folder in memory
 * (spawn.c), the images are locked in memory (images.h), and what was waited for all the same is
 * counted here.
 */
#ifndef QEMU_DISK_H
#define QEMU_DISK_H

#include "controller/qemu/images.h"
#include "controller/qemu/options.h"
#include "controller/qemu/rundir.h"
#include "controller/qemu/sched.h"

#include <stdint.h>

/* What threads of a QEMU had of the host's storage, vCPUs aside: while a vCPU waits, its virtual
 * time stands, and nothing changes its place. */
typedef struct {
    uint64_t read_bytes, write_bytes;
    uint64_t faults; /* pages that had to be read first */
    uint64_t delay;  /* ticks of waiting, where the kernel counts them */
} DiskWaits;

typedef struct {
    bool there;       /* the node has images */
    DiskMode mode;    /* DISK_MEMORY or DISK_HOST */
    bool strict;      /* the scheduling mode is */
    bool persist;     /* a guest's writes stay in its image */
    char *unlocked;   /* what does not lie in memory, and why; NULL: all does, or it is DISK_HOST */
    DiskWaits before; /* at the launch */
    DiskWaits past;   /* of processes before, from whose state this one goes on */
    DiskWaits waited; /* in all, as last read */
    Images *images;   /* NULL: none are locked, or not here */
} NodeDisk;

/* "memory" or "host". */
const char *disk_mode_name(DiskMode mode);

/* What disk-mode= means for a node that is launched in this scheduling mode. */
DiskMode disk_mode_of(const NodeOptions *options, SchedMode sched);

/* Sets how the disks of a node are to be kept that is about to be launched. */
void disk_prepare(NodeDisk *disk, const NodeOptions *options, SchedMode sched);

/* To be called behind the launch, before the guest's first instruction. vcpus: pid_t, the threads.
 * folder: where overlays in memory are; NULL: nowhere. */
void disk_begin(NodeDisk *disk, pid_t pid, const GArray *vcpus, const char *folder);

/* To be called when a new process goes on from the state of one that is gone: disk_look() was
 * called for that one. The images stay locked. */
void disk_go_on(NodeDisk *disk, pid_t pid, const GArray *vcpus);

/* Where the node's overlays are to lie; NULL: where QEMU puts them. */
const char *disk_overlays(const NodeDisk *disk, const RunDir *dir);

/* Reads what was waited for; leaves it as it is if the process is gone. */
void disk_look(NodeDisk *disk, pid_t pid, const GArray *vcpus);

/* Why a run with this disk may not repeat itself, to be freed with g_free(); NULL: it does, as far
 * as the disk is concerned, or there is no disk. Pure. */
char *disk_why(const NodeDisk *disk);

/* What of that is known before QEMU is started; NULL: nothing. Only looks at the size of images. */
char *disk_foresee(const NodeOptions *options, SchedMode sched);

void disk_clear(NodeDisk *disk);

#endif
