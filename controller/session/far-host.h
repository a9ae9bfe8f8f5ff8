/* SPDX-License-Identifier: GPL-3.0-or-later */
/* far-host.h: the other hosts of a session, by name. */
#ifndef SESSION_FAR_HOST_H
#define SESSION_FAR_HOST_H

#include "controller/remote/client/client.h"
#include "controller/session/session.h"

/* How the user described it. */
typedef struct {
    char *name;
    char *ssh, *identity, *fingerprint; /* over ssh, or … */
    char *command;                      /* … over this command's stdin and stdout */
    char *metronome;                    /* the program there */
    char *cpus;                         /* that it is to use there; NULL: all */
} FarHostOptions;

typedef struct {
    FarHostOptions options;
    AgentClient *client; /* NULL: only checked */
} FarHost;

void far_host_options_clear(FarHostOptions *options);

/* One key=value. */
bool far_host_set(FarHostOptions *options, const char *arg, GError **error);

/* All keys, NULL-terminated. */
const char *const *far_host_keys(void);

/* "; did you mean 'HOST'?" of a name that is none, or ""; free with g_free(). */
char *far_host_meant(const Session *session, const char *name);

/* False, with an error of a host= that is none; a check may be in doubt of it. */
bool far_host_unknown(const Session *session, const char *name, GError **error);

/* Connects, unless the session is dry; takes over what is in options. */
bool far_host_add(Session *session, FarHostOptions *options, GError **error);

/* NULL: there is none of that name. */
FarHost *far_host_find(const Session *session, const char *name);

/* How many of the session's nodes are on it. */
unsigned far_host_nodes(const Session *session, const FarHost *host);

/* The rows of `perf`. */
void far_host_print_perf(const Session *session);

#endif
