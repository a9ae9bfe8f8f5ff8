/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run-state.h: the run state that a migration stream carries. Pure: bytes in, bytes out.
 *
 * QEMU notes the state in which a machine stood in its stream, and takes it over when it loads the
 * stream. Behind a step or a breakpoint of its gdbstub it stands in the state "debug", and then the
 * QEMU that loads the stream aborts (runstate_transitions_def[] in QEMU's softmmu/runstate.c has no
 * way from "inmigrate" to "debug").
 */
#ifndef QEMU_RUN_STATE_H
#define QEMU_RUN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Makes "debug" in the stream "paused". Returns whether it was there. */
bool run_state_pause(uint8_t *data, size_t size);

#endif
