/* SPDX-License-Identifier: GPL-3.0-or-later */
/* output.h: standard output, and what could not be written of all that was asked for. */
#ifndef BASE_OUTPUT_H
#define BASE_OUTPUT_H

#include <glib.h>

/*
 * Writes all of it to standard output, which may be slow. A reader that has left is an ordinary end:
 * what follows is discarded. Whatever else goes wrong is lost output.
 */
void output_write(const char *data, gsize size);
void output_print(const char *text);

/* Says that something that was asked for could not be written. Of any thread; once for each thing.
 */
void output_lost(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* The first of them, or NULL; valid until this process ends. */
const char *output_loss(void);

#endif
