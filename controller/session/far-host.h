/* SPDX-License-Identifier: GPL-3.0-or-later */
/* far-host.h: the other hosts of a session, by name. Main thread. */
#ifndef SESSION_FAR_HOST_H
#define SESSION_FAR_HOST_H

#include "controller/remote/client/client.h"
#include "controller/session/session.h"

/* The user's description of another host. Either ssh or command is set. */
typedef struct {
    char *name;
    char *ssh, *identity, *fingerprint; /* connect over ssh: target, key file, host key */
    char *command;                      /* connect over this command's stdin and stdout */
    char *metronome;                    /* path of the program on that host; NULL: "metronome" */
    char *cpus;                         /* CPUs that the agent uses; NULL: all */
} FarHostOptions;

typedef struct {
    FarHostOptions options;
    AgentClient *client; /* NULL: the session only checks */
} FarHost;

void far_host_options_clear(FarHostOptions *options);

/* Sets one option from "key=value"; copies the value. */
bool far_host_set(FarHostOptions *options, const char *arg, GError **error);

/* All keys of far_host_set(), NULL-terminated; static. */
const char *const *far_host_keys(void);

/* "; did you mean 'HOST'?" for an unknown name, or ""; free with g_free(). */
char *far_host_meant(const Session *session, const char *name);

/* Always false, with an error for a host= of an unknown name. In a check the name may be in doubt
 * (checking.h). */
bool far_host_unknown(const Session *session, const char *name, GError **error);

/* Adds a host and connects to its agent; a dry session does not connect. Takes over the contents of
 * options, unless the options are refused. */
bool far_host_add(Session *session, FarHostOptions *options, GError **error);

/* The host of this name; NULL: there is none. The session owns the host. */
FarHost *far_host_find(const Session *session, const char *name);

/* Number of the session's nodes on the host. */
unsigned far_host_nodes(const Session *session, const FarHost *host);

/* Prints the hosts' table of `perf`. */
void far_host_print_perf(const Session *session);

#endif
