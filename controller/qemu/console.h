/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * console.h: the guest's serial console. Its bytes go to a log file, into a digest, and as lines
 * past the patterns that callers look for.
 *
 * The vCPU thread writes each byte itself, so at a barrier all bytes that the guest has written can
 * be read. The output up to a barrier does not depend on the host.
 */
#ifndef QEMU_CONSOLE_H
#define QEMU_CONSOLE_H

#include "controller/base/recent.h"
#include "controller/qemu/lines.h"

#include <glib.h>
#include <stdbool.h>

typedef struct Console Console;

/* fd, which the console takes over: a connected stream socket, or the reading end of a pipe (then
 * input goes through console_set_input(), or there is none), or -1: no bytes to read. The log is
 * created or emptied. Free with console_free(). */
Console *console_new(int fd, const char *log_path, GError **error);

/* Sets the node's name for messages. */
void console_set_node(Console *console, const char *name);

/* Takes over the writing end of a pipe for input. SIGPIPE must be ignored. */
void console_set_input(Console *console, int fd);
void console_free(Console *console);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Console, console_free)

/* The console goes on with other pipes or another socket, those of another QEMU: `fd` as for
 * console_new(), `input_fd` as for console_set_input() or -1. Closes the ones before. */
void console_reconnect(Console *console, int fd, int input_fd);

/* Input goes to a UART's socket (uart.h), byte by byte; takes over the descriptor. */
void console_set_line(Console *console, int fd);

/* Reads all bytes that are there, without waiting. `until`, in ensemble time: the guest wrote the
 * bytes by then. Returns the same as lines_feed(). */
bool console_drain(Console *console, VTime until);

/* Handles bytes from another source as console_drain() does. */
bool console_feed(Console *console, const void *data, gsize size, VTime until);

typedef struct {
    const char *console; /* "NODE", "NODE.N" of a further UART, "NODE.semi" of semihosting */
    const char *text;
    gsize size;
    VTime at;    /* the line's time */
    VTime until; /* that by which its end was written */
} ConsoleLine;

/* Passes each complete line of every console to func, in the thread that drains: func must be quick.
 * There are CONSOLE_LISTENERS at most; console_unlisten() ends it. Main thread, while no console is
 * drained. */
#define CONSOLE_LISTENERS 4u
typedef void (*ConsoleLineFunc)(const ConsoleLine *line, void *data);
void console_listen(ConsoleLineFunc func, void *data);
void console_unlisten(ConsoleLineFunc func, void *data);

/* Passes all bytes from now on to func, in the thread that drains. NULL ends it. */
typedef void (*ConsoleFunc)(const void *bytes, gsize size, VTime until, void *data);
void console_pass_on(Console *console, ConsoleFunc func, void *data);

/* The output as lines, to wait for a line or to watch for patterns (lines.h). Owned by the
 * console. */
Lines *console_lines(const Console *console);

/* Writes bytes to the guest. False if the guest takes no more; a part may have been written then. */
bool console_send(Console *console, const char *data, gsize size, GError **error);

/* Writes as many bytes as the guest takes now, from any thread. Returns their number, or -1 with an
 * error. */
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

/* The last complete lines. Owned by the console. */
const Recent *console_recent(const Console *console);

/* Whether there is a line that has not ended, and the line's time. */
bool console_open_line(const Console *console, VTime *time);

const char *console_log_path(const Console *console);

/* Bytes of output so far. */
guint64 console_bytes(const Console *console);

/* SHA-256 of all bytes in the log, in hex; free with g_free(). */
char *console_sha256(const Console *console);

#endif
