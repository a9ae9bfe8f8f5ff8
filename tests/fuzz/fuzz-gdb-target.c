/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-gdb-target.c: a target description of any bytes, which includes itself if it includes
 * anything: either a list of registers or an error, never both and never neither. */
#include "gdbstub-client/parse.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static char *same_text(const char *name, void *data, GError **error)
{
    (void)name;
    (void)error;
    return g_strdup(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *text = g_strndup((const char *)bytes, len);
    g_autoptr(GError) error = NULL;
    g_autoptr(GdbTarget) target = gdb_target_parse(text, same_text, text, &error);

    if (!target == !error) {
        abort();
    }
    for (guint i = 0; target && i < target->registers->len; i++) {
        const GdbRegister *reg = &g_array_index(target->registers, GdbRegister, i);

        if (!gdb_target_find(target, reg->name) || reg->bitsize == 0 || !reg->feature) {
            abort();
        }
    }
    return 0;
}
