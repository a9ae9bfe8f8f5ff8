/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ssh-proxy.h: starts the ProxyCommand (or ProxyJump) of ssh's configuration. metronome starts the
 * command itself, because libssh would not report how the command ended and would let the command
 * write to metronome's stderr.
 */
#ifndef REMOTE_SSH_PROXY_H
#define REMOTE_SSH_PROXY_H

#include "controller/remote/stream.h"

#include <libssh/libssh.h>

/* Starts the command that the session's options name, and makes the session use it. *out: stream
 * of the command, which only the session uses; free it after the session. NULL: no command. */
bool ssh_proxy_start(ssh_session session, Stream **out, GError **error);

/* Why a connection through the command failed: how the command ended and its stderr; free with
 * g_free(). NULL: the command still runs, or there is none. Waits up to 500 ms. */
char *ssh_proxy_end(Stream *proxy);

#endif
