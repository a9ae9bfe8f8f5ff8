/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node-error.h: the error domain of all code about one QEMU. */
#ifndef QEMU_NODE_ERROR_H
#define QEMU_NODE_ERROR_H

#include <glib.h>

#define NODE_ERROR (node_error_quark())
GQuark node_error_quark(void);

typedef enum {
    NODE_ERROR_OPTION,      /* a key or value that can't be used: for the user to change */
    NODE_ERROR_LAUNCH,      /* QEMU can't be started, or lacks a feature that is needed */
    NODE_ERROR_DIED,        /* QEMU ended or its connection broke */
    NODE_ERROR_STATE,       /* not possible in the node's present state */
    NODE_ERROR_SYSTEM,      /* the operating system refused a request */
    NODE_ERROR_INTERRUPTED, /* interrupted by a signal */
} NodeError;

#endif
