/* SPDX-License-Identifier: GPL-3.0-or-later */
/* host-line.h: what `host add` says of the TCP connection to an agent: line=, address=, listen=,
 * bind=, ports=. */
#ifndef SESSION_HOST_LINE_H
#define SESSION_HOST_LINE_H

#include "controller/remote/client/client.h"

/* As the user wrote it; NULL: not given. */
typedef struct {
    char *kind;    /* "tcp", or "stdio": the line on which the agent was started carries all */
    char *address; /* the agent listens there */
    char *listen;  /* the controller listens there */
    char *bind;    /* what the side that listens binds; NULL: the same */
    char *ports;   /* LOW[-HIGH] of the side that listens */
} HostLine;

void host_line_clear(HostLine *line);

bool host_line_is_tcp(const HostLine *line);

/* Checks what can be known without a connection. known: where the agent is need not be said, as ssh
 * or Slurm tells it. Errors: SESSION_ERROR_USAGE. */
bool host_line_check(const HostLine *line, bool known, GError **error);

/* Fills `out` for a line that was checked, from *address and *bound, which the caller frees; both
 * stay NULL for "stdio". peer: the host's address as ssh knows it, or NULL. May wait for a name
 * server. */
bool host_line_find(const HostLine *line, const char *peer, AgentClientLine *out, char **address,
                    char **bound, GError **error);

#endif
