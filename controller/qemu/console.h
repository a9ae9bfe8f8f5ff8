/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * console.h: the guest's serial console: a stream whose bytes go to a file, into a digest, and as
 * lines past the patterns that somebody looks for.
 *
 * The vCPU thread writes each byte itself, so at a barrier all that the guest has written is there
 * to be read: what was seen up to a barrier does not depend on the host.
 */
#ifndef QEMU_CONSOLE_H
#define QEMU_CONSOLE_H

#include "controller/base/recent.h"
#include "controller/qemu/lines.h"

#include <glib.h>
#include <stdbool.h>

typedef struct Console Console;

/* Takes over a connected stream socket, the reading end of a pipe (the console takes no input then,
 * or takes it by console_set_input()) or -1: no console. The log is created or emptied. */
Console *console_new(int fd, const char *log_path, GError **error);

/* Whose it is: for messages. */
void console_set_node(Console *console, const char *name);

/* Takes over the writing end of a pipe. SIGPIPE must be ignored. */
void console_set_input(Console *console, int fd);
void console_free(Console *console);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Console, console_free)

/* Reads what is there without waiting; the guest wrote it at `until` (ensemble time) at the latest.
 * True as lines_feed(). */
bool console_drain(Console *console, VTime until);

/* What console_drain() does with bytes that came another way. */
bool console_feed(Console *console, const void *data, gsize size, VTime until);

/* What is drained from now on is passed on too, in the thread that drains. NULL ends it. */
typedef void (*ConsoleFunc)(const void *bytes, gsize size, VTime until, void *data);
void console_pass_on(Console *console, ConsoleFunc func, void *data);

/* What is drained, as lines: to wait for one, to watch for some (lines.h). */
Lines *console_lines(const Console *console);

/* Writes text to the guest; all or nothing is not promised: false if the socket takes no more. */
bool console_send(Console *console, const char *text, GError **error);

/* As much of data as the guest takes now, from any thread: how many bytes, or -1 with an error. */
gssize console_type(Console *console, const char *data, gsize size, GError **error);

/*
 * Keeps what is drained from now on for console_pop(); wake is called, in the thread that drains,
 * when there is something, and must be quick. NULL ends it. Of what nobody takes in time the oldest
 * is lost. While the tap is open, no thread but its own may drain the console.
 */
void console_tap(Console *console, void (*wake)(void *data), void *data);

/* What has come since the last call, or NULL; any thread. */
GBytes *console_pop(Console *console);

/* Writes each line that ends from now on to a new file, behind its time, as text_line() makes it:
 * "[1.234000000s] text". NULL ends it. */
bool console_accepts_transcript(const char *path, GError **error);
bool console_transcript(Console *console, const char *path, GError **error);

/* The last lines that are complete; as long as the console. */
const Recent *console_recent(const Console *console);

/* Whether the last line has not ended, and its time. */
bool console_open_line(const Console *console, VTime *time);

const char *console_log_path(const Console *console);
guint64 console_bytes(const Console *console);

/* SHA-256 of all bytes so far, in hex; free with g_free(). */
char *console_sha256(const Console *console);

#endif
