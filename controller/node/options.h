/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * options.h: what the user says about a node, and the QEMU command line made from it. Pure but for
 * looking whether the named files exist.
 */
#ifndef NODE_OPTIONS_H
#define NODE_OPTIONS_H

#include "controller/node/icount.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define NODE_ERROR (node_error_quark())
GQuark node_error_quark(void);

typedef enum {
    NODE_ERROR_OPTION,      /* a key or value that can't be used: the user's to mend */
    NODE_ERROR_LAUNCH,      /* QEMU can't be started, or lacks something that is needed */
    NODE_ERROR_DIED,        /* QEMU ended or its connection broke */
    NODE_ERROR_STATE,       /* not possible in the node's present state */
    NODE_ERROR_SYSTEM,      /* the operating system refused something */
    NODE_ERROR_INTERRUPTED, /* by a signal */
} NodeError;

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
    bool sleep_said; /* sleep= was named: metronome's own default is not why it is so */
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

/* The keys that `node add` knows, NULL-terminated, in the order of the manual. */
const char *const *node_option_keys(void);

/* One key=value; an unknown key, a bad value or a file that can't be read is an error. The last value
 * of a key counts; icount= changes what it names, the rest stays. */
bool node_options_set(NodeOptions *options, const char *key, const char *value, GError **error);

/* machine=microvm of x86_64: its devices are on virtio-mmio, as those of the virt machines. */
bool node_options_is_microvm(const NodeOptions *options);

/* Whether the value is a file that the node's host needs. */
bool node_options_is_file(const char *key, const char *value);

/* What is wrong whatever the other keys are. */
bool node_options_check_alone(const NodeOptions *options, GError **error);

/* Defaults that depend on other keys (machine and cpu by arch); checks the combination. */
bool node_options_finish(NodeOptions *options, GError **error);

/* on or off. */
bool node_options_onoff(const char *key, const char *value, bool *out, GError **error);

/* Where the parts that the controller holds are to be found. */
typedef struct {
    const char *qemu;         /* path or name of a QEMU binary; NULL: qemu-system-<arch> */
    int qmp_fd;               /* as numbered in the child */
    int console_fd;           /* likewise: the writing end of a pipe, with serial= */
    const char *console_path; /* without: PATH.in and PATH.out are pipes */
    int nic_fd;               /* of the first card's cable; those of the others follow */
    int agent_fd;             /* as numbered in the child, with `agent` */
    const char *gdb_path;     /* unix socket that QEMU is to listen on */
    unsigned index;           /* makes the MAC addresses */
} NodeWiring;

/* The address of card number `nic`: as given, or made from the node's index. */
void node_options_mac(const NodeOptions *options, unsigned index, unsigned nic, uint8_t mac[6]);

/* What is started, as a path or a name; qemu: that of the session, or NULL. Free with g_free(). */
char *node_options_program(const NodeOptions *options, const char *qemu);

/* The argument vector, to be freed with g_strfreev(). */
char **node_options_argv(const NodeOptions *options, const NodeWiring *wiring, GError **error);

#endif
