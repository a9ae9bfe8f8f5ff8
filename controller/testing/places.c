/* SPDX-License-Identifier: GPL-3.0-or-later */
/* places.c: neighbouring CPUs come to one place. */
#include "controller/testing/places.h"

#include "controller/qemu/sched.h"

unsigned places_cpus(void)
{
    g_autoptr(GArray) cpus = sched_host_cpus();

    return cpus->len;
}

GArray *places_new(unsigned wanted, unsigned most)
{
    g_autoptr(GArray) cpus = sched_host_cpus();
    unsigned n = MIN(wanted > 0 ? wanted : cpus->len, MIN(cpus->len, most));
    GArray *places = g_array_new(FALSE, TRUE, sizeof(cpu_set_t));

    g_array_set_size(places, n);
    for (unsigned i = 0; i < cpus->len; i++)
        CPU_SET(g_array_index(cpus, int, i), &g_array_index(places, cpu_set_t, i * n / cpus->len));
    return places;
}
