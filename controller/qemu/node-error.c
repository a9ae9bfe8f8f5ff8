/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node-error.c: see node-error.h. */
#include "controller/qemu/node-error.h"

/* No static variable, as G_DEFINE_QUARK has: threads ask at once. */
GQuark node_error_quark(void)
{
    return g_quark_from_static_string("metronome-node-error-quark");
}
