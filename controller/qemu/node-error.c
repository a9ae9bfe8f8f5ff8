/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node-error.c: the quark of NODE_ERROR. */
#include "controller/qemu/node-error.h"

/* G_DEFINE_QUARK has a static variable; this function has none, since threads call it at once. */
GQuark node_error_quark(void)
{
    return g_quark_from_static_string("metronome-node-error-quark");
}
