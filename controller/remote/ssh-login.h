/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ssh-login.h: who is at the other end of an ssh session, and who the user is there: the host's key,
 * and the keys or the password that the host takes.
 */
#ifndef REMOTE_SSH_LOGIN_H
#define REMOTE_SSH_LOGIN_H

#include "controller/remote/ssh-target.h"

#include <glib.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>

/* Stays where it is: the session has its address. */
typedef struct {
    ssh_session session;
    char *name; /* in messages */
    struct ssh_callbacks_struct callbacks;
    /* Up to ssh_login_end(): */
    const SshAsk *ask;    /* NULL: there is nobody */
    const char *identity; /* the key of identity=; NULL: it is one of ~/.ssh */
    bool asked;           /* for the passphrase of a key */
} SshLogin;

/* With a new session; both that and the name are for the caller to free. */
void ssh_login_init(SshLogin *login, const SshTarget *target, const SshAsk *ask);

/* The session is connected. fingerprint: of the host's key, and no other; NULL: known_hosts says. */
bool ssh_login_check_host(const SshLogin *login, const char *fingerprint, GError **error);
bool ssh_login_user(SshLogin *login, GError **error);

/* Nobody is asked from now on. */
void ssh_login_end(SshLogin *login);

/* The library's words, of which some may be the server's; free with g_free(). */
char *ssh_login_reason(const SshLogin *login);

/* "ssh NAME: what: the library's words"; false. */
bool ssh_login_fail(GError **error, const SshLogin *login, const char *what);

#endif
