/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qemu-argv.h: the command line of a node's QEMU. Pure. */
#ifndef QEMU_QEMU_ARGV_H
#define QEMU_QEMU_ARGV_H

#include "controller/qemu/options.h"

/* Descriptors and paths of the parts that the controller holds. */
typedef struct {
    const char *qemu;         /* path or name of a QEMU binary; NULL: qemu-system-<arch> */
    int qmp_fd;               /* number of the descriptor in the child */
    int console_fd;           /* likewise: writing end of a pipe, used with serial= */
    const char *console_path; /* used without serial=: PATH.in and PATH.out are pipes */
    int nic_fd;               /* descriptor of the first NIC's cable; those of the others follow */
    int semi_fd;              /* what the guest writes by semihosting goes there */
    int uart_fd;              /* first descriptor of the first UART: UART_FDS each (uart.h) */
    int agent_fd;             /* number of the descriptor in the child, used with `agent` */
    int ram_fd;               /* likewise: the file of the guest's RAM; 0: QEMU allocates RAM */
    bool incoming;            /* QEMU waits for a saved state to be loaded */
    const char *initrd;       /* what takes the place of initrd= (initrd.h), or NULL */
    const char *gdb_path;     /* unix socket where QEMU listens */
    unsigned index;           /* the node's, for its MAC addresses */
} NodeWiring;

/* The program to start, as a path or a name; qemu: the session's, or NULL. Free with g_free(). */
char *node_options_program(const NodeOptions *options, const char *qemu);

/* The argument vector, to be freed with g_strfreev(). */
char **node_options_argv(const NodeOptions *options, const NodeWiring *wiring, GError **error);

#endif
