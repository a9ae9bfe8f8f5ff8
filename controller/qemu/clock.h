/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock.h: the exact clock of a stopped QEMU, read from its device state.
 *
 * virtual time = (icount << shift) + bias; see icount_get_locked() in QEMU's
 * accel/tcg/icount-common.c (7.2: softmmu/icount.c).
 */
#ifndef QEMU_CLOCK_H
#define QEMU_CLOCK_H

#include "controller/base/vtime.h"
#include "qmp/qmp.h"

#include <stdbool.h>

typedef struct {
    VTime virtual_time; /* QEMU_CLOCK_VIRTUAL */
    Insns icount;       /* executed instructions over all vCPUs; 0 without icount */
    VTime bias;         /* virtual time skipped or slept while idle */
    bool idle;          /* every vCPU is halted */
    bool rough;         /* only the µs of the virtual time is known; the other members are older */
} Clock;

/* Orders a stopped QEMU to write its device-state stream to `path`, as QEMU sees that path. Does
 * not wait: QEMU writes while other QEMUs are asked. */
bool clock_ask(QmpClient *qmp, const char *path, GError **error);

/*
 * Waits up to timeout_ms host ms for that stream, and reads the clock from fd, the same file (best
 * in memory). shift: that of -icount; -1 without icount. Errors: QMP_ERROR, DEVSTATE_ERROR,
 * G_FILE_ERROR.
 */
bool clock_read(QmpClient *qmp, int fd, int shift, int timeout_ms, Clock *out, GError **error);

#endif
