/* SPDX-License-Identifier: GPL-3.0-or-later */
/* session-error.h: errors of a session's commands, each kind with its exit code. */
#ifndef SESSION_SESSION_ERROR_H
#define SESSION_SESSION_ERROR_H

#include <glib.h>

#define SESSION_ERROR (session_error_quark())
GQuark session_error_quark(void);

typedef enum {
    SESSION_ERROR_USAGE,       /* exit code 2 */
    SESSION_ERROR_FAILED,      /* an assert or wait failed: 1 */
    SESSION_ERROR_NODE,        /* a node or QEMU failed: 3 */
    SESSION_ERROR_INTERRUPTED, /* 130 */
    SESSION_ERROR_QUIT,        /* not an error: the command asks to end */
} SessionError;

#endif
