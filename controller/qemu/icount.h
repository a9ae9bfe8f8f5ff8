/* SPDX-License-Identifier: GPL-3.0-or-later */
/* icount.h: how a QEMU counts instructions and time: its -icount, as users write it. Pure. */
#ifndef QEMU_ICOUNT_H
#define QEMU_ICOUNT_H

#include <glib.h>
#include <stdbool.h>

typedef struct {
    bool enabled;
    int shift;     /* an instruction takes 2^shift virtual ns */
    bool sleep_on; /* idle time passes in real time; off: it is skipped */
} Icount;

/* shift=0,sleep=on */
Icount icount_usual(void);

/* "shift=0,sleep=on", "off", …: shift=auto and align=on are refused, with the reason. What text does
 * not name is as usual. Errors: NODE_ERROR, UNITS_ERROR. */
bool icount_parse(const char *text, Icount *out, GError **error);

/* As icount_parse(), but what text does not name stays as it is. After an error *out is undefined. */
bool icount_change(const char *text, Icount *out, GError **error);

/* As icount_parse() takes it; free with g_free(). */
char *icount_text(const Icount *icount);

#endif
