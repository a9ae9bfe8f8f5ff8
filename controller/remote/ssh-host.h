/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ssh-host.h: a connection to another host by ssh: a command there as a stream, files to it.
 *
 * ~/.ssh/config, known_hosts and the keys there are used as far as libssh does; the environment
 * variable METRONOME_SSH_DIR puts another folder in the place of ~/.ssh. One thread at a time.
 */
#ifndef REMOTE_SSH_HOST_H
#define REMOTE_SSH_HOST_H

#include "controller/remote/ssh-target.h"
#include "controller/remote/stream.h"

#include <stdatomic.h>
#include <stdint.h>

typedef struct SshHost SshHost;

/* Whether it can be right, as far as that is known without trying. */
bool ssh_target_check(const SshTarget *target, GError **error);

/* Connects, checks the host's key, proves who the user is. */
SshHost *ssh_host_open(const SshTarget *target, const SshAsk *ask, GError **error);

/* After its stream. NULL is allowed. */
void ssh_host_free(SshHost *host);

/* Runs the command (a shell's) there; freeing the stream ends it. */
Stream *ssh_host_exec(SshHost *host, const char *command, GError **error);

typedef struct {
    const char *local, *remote;
    atomic_ullong *sent; /* bytes so far */
    const atomic_bool *cancel;
    void (*tick)(void *data); /* at each block */
    void *data;
} SshCopy;

/* Copies a file by SFTP: under another name first. */
bool ssh_host_upload(SshHost *host, const SshCopy *copy, GError **error);

/* From another thread: what waits in ssh_host_upload() fails, and with it the connection. */
void ssh_host_cut(SshHost *host);

#endif
