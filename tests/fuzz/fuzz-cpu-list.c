/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz-cpu-list.c: a list of CPUs names one at least, and says the same when it is written out. */
#include "controller/base/cpu-list.h"

#include <glib.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    g_autofree char *text = g_strndup((const char *)bytes, len);
    g_autoptr(GString) written = g_string_new(NULL);
    cpu_set_t set, again;

    if (!cpu_list_parse(text, &set))
        return 0;
    demand(CPU_COUNT(&set) > 0);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &set))
            g_string_append_printf(written, "%s%d", written->len > 0 ? "," : "", cpu);
    demand(cpu_list_parse(written->str, &again) && CPU_EQUAL(&set, &again));
    return 0;
}
