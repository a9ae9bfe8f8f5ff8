/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ssh-login.h: authentication in an ssh session: checks the host's key, and proves who the user is,
 * by a key or a password. One thread at a time.
 */
#ifndef REMOTE_SSH_LOGIN_H
#define REMOTE_SSH_LOGIN_H

#include "controller/remote/ssh-target.h"

#include <glib.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>

/* Must not be moved in memory: the session holds its address. */
typedef struct {
    ssh_session session;
    char *name; /* name of the host in messages */
    struct ssh_callbacks_struct callbacks;
    /* Valid until ssh_login_end(): */
    const SshAsk *ask;    /* NULL: no questions can be asked */
    const char *identity; /* key file of identity=; NULL: keys of ssh-agent and ~/.ssh */
    bool asked;           /* the passphrase of a key was asked for */
} SshLogin;

/* Makes a new session. The caller frees login->session and login->name. target and ask must be
 * valid until ssh_login_end(). */
void ssh_login_init(SshLogin *login, const SshTarget *target, const SshAsk *ask);

/* Checks the host's key of a connected session. fingerprint: the only key to accept; NULL:
 * known_hosts decides. */
bool ssh_login_check_host(const SshLogin *login, const char *fingerprint, GError **error);
/* Authenticates the user in a connected session. */
bool ssh_login_user(SshLogin *login, GError **error);

/* Ends the login: no questions are asked from now on. */
void ssh_login_end(SshLogin *login);

/* The last error of the library, made fit for a terminal, since parts of it may come from the
 * server; free with g_free(). */
char *ssh_login_reason(const SshLogin *login);

/* Sets the error "ssh NAME: what: the library's last error"; always false. */
bool ssh_login_fail(GError **error, const SshLogin *login, const char *what);

#endif
