/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clock.c: device-state stream to a file, file to clock. */
#include "controller/clock/clock.h"

#include "controller/clock/devstate.h"

bool clock_read(QmpClient *qmp, const char *path, int shift, int timeout_ms, Clock *out,
                GError **error)
{
    g_autofree char *data = NULL;
    gsize size;
    DevState state;

    if (!qmp_save_devices_state(qmp, path, timeout_ms, error) ||
        !g_file_get_contents(path, &data, &size, error) ||
        !devstate_parse((const uint8_t *)data, size, &state, error))
        return false;
    if (state.has_icount != (shift >= 0)) {
        g_set_error(error, DEVSTATE_ERROR, 0,
                    state.has_icount ? "this QEMU counts instructions though it should not"
                                     : "this QEMU does not count instructions (-icount is off)");
        return false;
    }
    *out = (Clock){
        .icount = {state.has_icount ? state.icount : 0},
        .bias = {state.has_icount ? state.bias_ns : 0},
        .idle = state.n_cpus > 0 && state.n_halted == state.n_cpus,
    };
    out->virtual_time.ns =
        state.has_icount ? (state.icount << shift) + state.bias_ns : state.clock_offset;
    return true;
}
