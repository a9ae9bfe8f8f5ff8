/* SPDX-License-Identifier: GPL-3.0-or-later */
/* places.h: divides the CPUs of this process among the cases that run at once. */
#ifndef TESTING_PLACES_H
#define TESTING_PLACES_H

#include <glib.h>
#include <sched.h>

/* Returns the places, each a cpu_set_t: as many as wanted (0: as many as there are CPUs), but no more
 * than there are CPUs, or `most`. Each CPU belongs to one place. Free with g_array_unref(). */
GArray *places_new(unsigned wanted, unsigned most);

/* How many CPUs this process may use. */
unsigned places_cpus(void);

#endif
