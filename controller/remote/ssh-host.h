/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ssh-host.h: a connection to another host by ssh: runs a command there as a stream and copies
 * files to the host.
 *
 * ~/.ssh/config, known_hosts and the keys in ~/.ssh are used as far as libssh uses them. The
 * environment variable METRONOME_SSH_DIR names another folder instead of ~/.ssh. A connection
 * belongs to one thread at a time, except for ssh_host_cut().
 */
#ifndef REMOTE_SSH_HOST_H
#define REMOTE_SSH_HOST_H

#include "controller/remote/ssh-target.h"
#include "controller/remote/stream.h"

#include <stdatomic.h>
#include <stdint.h>

typedef struct SshHost SshHost;

/* Checks the target without connecting: its syntax, the key file, the fingerprint's syntax. */
bool ssh_target_check(const SshTarget *target, GError **error);

/* Connects, checks the host's key and authenticates the user; waits. ask NULL: no questions can be
 * asked. target and ask are used only during the call. Free with ssh_host_free(). */
SshHost *ssh_host_open(const SshTarget *target, const SshAsk *ask, GError **error);

/* The numeric address of the ssh server; free with g_free(). NULL: it is not known, since a
 * ProxyCommand leads there. */
char *ssh_host_address(const SshHost *host);

/* Ends the connection. Free the streams of ssh_host_exec() before. NULL is allowed. */
void ssh_host_free(SshHost *host);

/* Runs a shell command on the host; freeing the stream ends the command. */
Stream *ssh_host_exec(SshHost *host, const char *command, GError **error);

typedef struct {
    const char *local, *remote; /* paths */
    atomic_ullong *sent;        /* number of bytes sent so far */
    const atomic_bool *cancel;  /* true: stop copying, with NODE_ERROR_INTERRUPTED */
    void (*tick)(void *data);   /* called after each block */
    void *data;
} SshCopy;

/* Copies a file by SFTP: to REMOTE.xxxxxxxx first, which is then renamed. */
bool ssh_host_upload(SshHost *host, const SshCopy *copy, GError **error);

/* Call from another thread: makes a waiting ssh_host_upload() fail by cutting the connection. */
void ssh_host_cut(SshHost *host);

#endif
