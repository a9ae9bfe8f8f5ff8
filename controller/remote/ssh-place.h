/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ssh-place.h: where to reach a host by ssh, and the fingerprint of its key, as text. Pure. */
#ifndef REMOTE_SSH_PLACE_H
#define REMOTE_SSH_PLACE_H

#include <glib.h>
#include <stdbool.h>

#define SSH_FINGERPRINT "SHA256:"

typedef struct {
    char *user, *host, *port; /* user, port: NULL if not told */
} SshPlace;

/* [USER@]HOST[:PORT]; an IPv6 address with a port is put in brackets. Clear *place also on failure.
 */
bool ssh_place_parse(const char *target, SshPlace *place, GError **error);
void ssh_place_clear(SshPlace *place);

/* "SHA256:" and 32 bytes in base64, without the = at its end. */
bool ssh_is_fingerprint(const char *text);

#endif
