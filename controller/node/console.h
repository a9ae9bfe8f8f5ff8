/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * console.h: the guest's serial console: a socket whose bytes go to a file, into a digest, and past
 * at most one pattern that somebody waits for.
 *
 * The vCPU thread writes each byte itself, so at a barrier all that the guest has written is there
 * to be read: what was seen up to a barrier does not depend on the host.
 */
#ifndef NODE_CONSOLE_H
#define NODE_CONSOLE_H

#include "controller/base/vtime.h"

#include <glib.h>
#include <stdbool.h>

typedef struct Console Console;

/* Takes over a connected stream socket, the reading end of a pipe (the console takes no input) or
 * -1: no console. The log is created or emptied. */
Console *console_new(int fd, const char *log_path, GError **error);
void console_free(Console *console);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Console, console_free)

/* Reads what is there without waiting; the guest wrote it at `until` (ensemble time) at the latest.
 * True if the awaited pattern, or one of the watched ones, was found (now or before). */
bool console_drain(Console *console, VTime until);

/* What console_drain() does with bytes that came another way. */
bool console_feed(Console *console, const void *data, gsize size, VTime until);

/* What is drained from now on is passed on too, in the thread that drains. NULL ends it. */
typedef void (*ConsoleFunc)(const void *bytes, gsize size, VTime until, void *data);
void console_pass_on(Console *console, ConsoleFunc func, void *data);

/* Waits for a line that matches, beginning behind the line that matched last (so what was printed
 * before the wait counts, but never twice). NULL ends the wait. */
void console_await(Console *console, GRegex *pattern);

/* Whether a pattern is awaited or watched. */
bool console_expects(const Console *console);

/* The line that matched, or NULL. */
const char *console_match(const Console *console);

/*
 * Looks for a pattern in every line from now on, also in one that is not complete yet, until
 * console_unwatch(). What was found is kept until console_watch_again(); meanwhile nothing is
 * looked for.
 */
typedef struct ConsoleWatch ConsoleWatch;
ConsoleWatch *console_watch(Console *console, GRegex *pattern);
void console_unwatch(Console *console, ConsoleWatch *watch);
/* The line that matched, or NULL, and when it was written at the latest. */
const char *console_watch_match(const ConsoleWatch *watch);
VTime console_watch_until(const ConsoleWatch *watch);
void console_watch_again(ConsoleWatch *watch);

/* Writes text to the guest; all or nothing is not promised: false if the socket takes no more. */
bool console_send(Console *console, const char *text, GError **error);

/* As much of data as the guest takes now, from any thread: how many bytes, or -1 with an error. */
gssize console_type(Console *console, const char *data, gsize size, GError **error);

/*
 * Keeps what is drained from now on for console_take(); wake is called, in the thread that drains,
 * when there is something, and must be quick. NULL ends it. Of what nobody takes in time the oldest
 * is lost. While the tap is open, no thread but its own may drain the console.
 */
void console_tap(Console *console, void (*wake)(void *data), void *data);

/* What has come since the last call, or NULL; any thread. */
GBytes *console_take(Console *console);

/*
 * Writes each complete line from now on to a new file, behind the end of the quantum in which its
 * first byte was written: "[1.234000000s] text". NULL ends it.
 */
bool console_transcript(Console *console, const char *path, GError **error);

const char *console_log_path(const Console *console);
guint64 console_bytes(const Console *console);

/* SHA-256 of all bytes so far, in hex; free with g_free(). */
char *console_sha256(const Console *console);

#endif
