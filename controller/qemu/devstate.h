/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * devstate.h: reads the clocks and the halted vCPUs from QEMU's device-state stream. Pure: bytes
 * in, values out.
 *
 * The stream is the whole file that QMP xen-save-devices-state writes for a stopped VM (with
 * live:false; the default inactivates the block devices). Format: qemu_save_device_state() in
 * QEMU's migration/savevm.c. Tried with 7.2; the sections read here are declared alike in 10.0.
 *
 * The parser does not trust the bytes: a section that does not fit exactly is an error, never a
 * guess.
 */
#ifndef QEMU_DEVSTATE_H
#define QEMU_DEVSTATE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVSTATE_ERROR (devstate_error_quark())
GQuark devstate_error_quark(void);

typedef enum {
    DEVSTATE_ERROR_FORMAT,    /* not a device-state stream, or cut off */
    DEVSTATE_ERROR_MISSING,   /* no section `timer` */
    DEVSTATE_ERROR_LAYOUT,    /* a section begins as expected, but has unknown content */
    DEVSTATE_ERROR_AMBIGUOUS, /* more than one section fits */
} DevStateError;

typedef struct {
    int64_t ticks_offset; /* cpu_get_ticks() of the stopped VM: host cycles */
    int64_t clock_offset; /* cpu_get_clock() of the stopped VM, ns: its virtual clock if
                             !has_icount, else the host time for which it ran */
    bool has_icount;      /* -icount is on; if not, bias_ns and icount are 0 */
    int64_t bias_ns;      /* virtual time = (icount << shift) + bias_ns */
    int64_t icount;       /* instructions executed, over all vCPUs */
    /*
     * n_cpus is 0 if the architecture keeps `halted` inside its own CPU section (a CPU class that
     * sets DeviceClass::vmsd: avr and m68k, for example). Then nothing is known about the vCPUs:
     * neither n_cpus == 0 nor n_halted == 0 means that a vCPU is busy.
     *
     * A halted vCPU waits for an interrupt (WFI, hlt) or is switched off (PSCI, x86 before its
     * start-up interrupt). It may have been woken already: an interrupt that came just before the
     * stop clears `halted` only when the vCPU runs on.
     */
    unsigned n_cpus;
    unsigned n_halted;
} DevState;

/* Parses a whole stream. *out is unchanged on failure. Errors: DEVSTATE_ERROR. */
bool devstate_parse(const uint8_t *data, size_t size, DevState *out, GError **error);

#endif
