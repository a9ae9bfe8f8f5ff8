/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clock.h: the exact clock of a stopped QEMU.
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
    bool rough;         /* no more than the µs of its virtual time is known: the rest is older */
} Clock;

/* Asks a stopped QEMU for its device-state stream, which it writes to `path` as it sees it. It writes
 * while others are asked. */
bool clock_ask(QmpClient *qmp, const char *path, GError **error);

/*
 * Waits for that stream, and reads the clock out of it through fd, the same file (best in memory).
 * shift: that of -icount; -1 without icount. Errors: QMP_ERROR, DEVSTATE_ERROR, file errors.
 */
bool clock_read(QmpClient *qmp, int fd, int shift, int timeout_ms, Clock *out, GError **error);

#endif
