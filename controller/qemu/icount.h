/* SPDX-License-Identifier: GPL-3.0-or-later */
/* icount.h: QEMU's -icount, as users write it: how a QEMU counts instructions and time. Pure. */
#ifndef QEMU_ICOUNT_H
#define QEMU_ICOUNT_H

#include <glib.h>
#include <stdbool.h>

typedef struct {
    bool enabled;
    int shift;     /* an instruction takes 2^shift virtual ns */
    bool sleep_on; /* idle time passes in real time; off: it is skipped */
} Icount;

/* The default: shift=0,sleep=on. */
Icount icount_usual(void);

/* Parses "shift=0,sleep=on", "off", …. shift=auto and align=on are refused, with the reason. Parts
 * that text does not name get the default. Errors: NODE_ERROR, UNITS_ERROR. */
bool icount_parse(const char *text, Icount *out, GError **error);

/* icount_parse(), but parts that text does not name stay unchanged. After an error *out is
 * undefined. */
bool icount_change(const char *text, Icount *out, GError **error);

/* The text that icount_parse() reads; free with g_free(). */
char *icount_text(const Icount *icount);

#endif
