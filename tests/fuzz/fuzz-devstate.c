/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz-devstate.c: whatever the bytes are, the parser either fills in a sound DevState or says why
 * not. Seeds: tests/unit/data/devstate.
 */
#include "controller/qemu/devstate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    DevState state;

    if (devstate_parse(data, size, &state, &error)) {
        g_assert_no_error(error);
        g_assert_cmpuint(state.n_halted, <=, state.n_cpus);
        g_assert_true(state.has_icount || (state.bias_ns == 0 && state.icount == 0));
    } else {
        g_assert_nonnull(error);
        g_assert_true(error->domain == DEVSTATE_ERROR);
    }
    return 0;
}
