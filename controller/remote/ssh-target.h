/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ssh-target.h: whom to connect to by ssh, and what only a user can answer meanwhile. */
#ifndef REMOTE_SSH_TARGET_H
#define REMOTE_SSH_TARGET_H

#include <stdbool.h>

typedef struct {
    const char *target;   /* [user@]host[:port], or a name that ~/.ssh/config has */
    const char *identity; /* the private key to use, and no other; or NULL */
    const char
        *fingerprint; /* "SHA256:…" of the host's key, and no other; NULL: known_hosts says */
    bool (*told_to_stop)(void *data); /* looked at while it connects; or NULL */
    void *data;
} SshTarget;

/* What only a user at a terminal can answer; NULL members: there is none. */
typedef struct {
    /* The host's key is not known: true takes it, and keeps it in known_hosts. */
    bool (*accept)(const char *host, const char *type, const char *fingerprint, void *data);
    /* Free with g_free() when its bytes are wiped; NULL: none is given. */
    char *(*password)(const char *prompt, void *data);
    void *data;
} SshAsk;

#endif
