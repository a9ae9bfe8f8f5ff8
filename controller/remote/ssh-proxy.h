/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ssh-proxy.h: the ProxyCommand (or ProxyJump) of ssh's configuration. It is started here and not by
 * the library, which would say nothing of how it ended and let it write to our stderr.
 */
#ifndef REMOTE_SSH_PROXY_H
#define REMOTE_SSH_PROXY_H

#include "controller/remote/stream.h"

#include <libssh/libssh.h>

/* Starts what the session's options ask for, and lets the session use it. *out is its stream, which
 * is for the session alone and is freed after it; NULL: there is none. */
bool ssh_proxy_start(ssh_session session, Stream **out, GError **error);

/* Why a connection through it failed, as far as the command is the reason: how it ended and what it
 * wrote to stderr; free with g_free(). NULL: it still runs, or there is none. */
char *ssh_proxy_end(Stream *proxy);

#endif
