/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ssh-place.h: parses the address of an ssh server and checks the syntax of a fingerprint. Pure. */
#ifndef REMOTE_SSH_PLACE_H
#define REMOTE_SSH_PLACE_H

#include <glib.h>
#include <stdbool.h>

#define SSH_FINGERPRINT "SHA256:"

typedef struct {
    char *user, *host, *port; /* user, port: NULL if not given */
} SshPlace;

/* Parses [USER@]HOST[:PORT]; an IPv6 address with a port stands in brackets. Free with
 * ssh_place_clear(), also on failure. */
bool ssh_place_parse(const char *target, SshPlace *place, GError **error);
void ssh_place_clear(SshPlace *place);

/* Whether the text is "SHA256:" and 32 bytes in base64, without the = at the end. */
bool ssh_is_fingerprint(const char *text);

#endif
