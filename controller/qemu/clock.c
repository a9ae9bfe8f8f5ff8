/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clock.c: QEMU writes the device-state stream to a file; the clock is read from that file. */
#include "controller/qemu/clock.h"

#include "controller/qemu/devstate.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static uint8_t *read_whole(int fd, size_t *size, GError **error)
{
    g_autofree uint8_t *data = NULL;
    struct stat st;

    if (fstat(fd, &st) == 0) {
        data = g_malloc((gsize)st.st_size);
        *size = (size_t)st.st_size;
        if (pread(fd, data, *size, 0) == st.st_size)
            return g_steal_pointer(&data);
    }
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
                "can't read the device state: %s", g_strerror(errno));
    return NULL;
}

bool clock_ask(QmpClient *qmp, const char *path, GError **error)
{
    return qmp_post_save_devices_state(qmp, path, error);
}

bool clock_read(QmpClient *qmp, int fd, int shift, int timeout_ms, Clock *out, GError **error)
{
    g_autofree uint8_t *data = NULL;
    size_t size;
    DevState state;

    if (!qmp_client_settle(qmp, timeout_ms, error) || !(data = read_whole(fd, &size, error)) ||
        !devstate_parse(data, size, &state, error))
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
