/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * output.h: writes standard output, and records output that was requested but could not be written.
 */
#ifndef BASE_OUTPUT_H
#define BASE_OUTPUT_H

#include <glib.h>

/*
 * Writes all of the data to standard output, which may be slow. A reader that has left is an
 * ordinary end: later output is discarded. Any other failure is lost output.
 */
void output_write(const char *data, gsize size);
void output_print(const char *text);

/* Reports that requested output could not be written. Call once for each lost output; any
 * thread. */
void output_lost(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Returns the message of the first lost output, or NULL; valid until this process ends. */
const char *output_loss(void);

#endif
