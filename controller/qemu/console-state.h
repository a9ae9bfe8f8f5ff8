/* SPDX-License-Identifier: GPL-3.0-or-later */
/* console-state.h: a console as bytes. Consoles with equal output give equal bytes. */
#ifndef QEMU_CONSOLE_STATE_H
#define QEMU_CONSOLE_STATE_H

#include "controller/base/codec.h"
#include "controller/qemu/console.h"

/*
 * Writes the console to bytes: counts, digest, lines (lines_save()), the log, and how far the
 * transcript is. Of a log of more than CODEC_MAX_BYTES only the digest is written.
 */
void console_save(const Console *console, GByteArray *out);

/*
 * Puts the console into the state that console_save() wrote; connections and tap stay as they are.
 * Damaged bytes, or a log that can't be had again, are refused and change nothing. Bytes may follow.
 *
 * The log is the one of then: its file if that begins with it, otherwise what was saved. So is the
 * transcript, if its file begins with what was written then; otherwise a line in it says that the
 * ensemble was restored at `now`. A transcript that can't be written is lost output, no failure.
 */
bool console_load(Console *console, Reader *r, VTime now, GError **error);
/* Reads what console_save() has written, and drops it. */
void console_skip(Reader *r);

#endif
