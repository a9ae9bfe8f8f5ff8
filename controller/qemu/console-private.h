/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * console-private.h: the struct that the console (console.c) and its saving (console-state.c) share.
 */
#ifndef QEMU_CONSOLE_PRIVATE_H
#define QEMU_CONSOLE_PRIVATE_H

#include "controller/base/sha.h"
#include "controller/base/sink.h"
#include "controller/qemu/console.h"

struct Console {
    int fd;
    int input_fd;  /* -1: input goes to fd, if that is a socket */
    bool bytewise; /* input_fd is a socket that takes one byte a datagram */
    int log_fd;    /* -1: writing the log has failed */
    char *log_path;
    char *name; /* "NAME" or "NAME.N"; NULL: no name set */
    char *node; /* "node NAME: ", for messages; NULL: no name set */
    guint64 bytes;
    Sha digest; /* of the bytes in the log */
    Lines *lines;
    Recent *recent;   /* the last complete lines */
    Sink *transcript; /* or NULL */
    char *transcript_path;
    Sha transcribed; /* what was written to the transcript */

    GMutex lock;  /* guards the members that a second thread uses: fd, input_fd, tap */
    GString *tap; /* NULL: closed */
    void (*wake)(void *data);
    void *wake_data;

    VTime until; /* of the bytes that are handled now */

    ConsoleFunc pass_on;
    void *pass_on_data;
};

/* Takes over a transcript that is open at `path`, in place of the one before; NULL, NULL: none. */
void console_begin_transcript(Console *console, Sink *sink, const char *path);

/* Writes a line to the transcript, if there is one. */
void console_transcribe(Console *console, const char *text, gsize size, VTime at);

#endif
