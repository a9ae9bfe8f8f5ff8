/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qemu-argv.h: the command line of a node's QEMU. Pure. */
#ifndef QEMU_QEMU_ARGV_H
#define QEMU_QEMU_ARGV_H

#include "controller/qemu/options.h"

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

/* What is started, as a path or a name; qemu: that of the session, or NULL. Free with g_free(). */
char *node_options_program(const NodeOptions *options, const char *qemu);

/* The argument vector, to be freed with g_strfreev(). */
char **node_options_argv(const NodeOptions *options, const NodeWiring *wiring, GError **error);

#endif
