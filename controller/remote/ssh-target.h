/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ssh-target.h: the host to connect to by ssh, and questions to the user while connecting. */
#ifndef REMOTE_SSH_TARGET_H
#define REMOTE_SSH_TARGET_H

#include <stdbool.h>

typedef struct {
    const char *target;   /* [user@]host[:port], or a name in ~/.ssh/config */
    const char *identity; /* file of the only private key to use; NULL: any key */
    const char
        *fingerprint; /* "SHA256:…" of the only host key to accept; NULL: known_hosts decides */
    bool (*stop_requested)(void *data); /* called while connecting; true: give up. Or NULL */
    void *data;
} SshTarget;

/* Questions that only a user at a terminal can answer; NULL: the question can't be asked. */
typedef struct {
    /* The host's key is unknown. True: accept the key and add it to known_hosts. */
    bool (*accept)(const char *host, const char *type, const char *fingerprint, void *data);
    /* A password or passphrase, which the caller wipes and frees with g_free(); NULL: none. */
    char *(*password)(const char *prompt, void *data);
    void *data;
} SshAsk;

#endif
