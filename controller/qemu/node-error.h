/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node-error.h: the errors of everything that concerns one QEMU. */
#ifndef QEMU_NODE_ERROR_H
#define QEMU_NODE_ERROR_H

#include <glib.h>

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

#endif
