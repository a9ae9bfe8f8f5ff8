/* SPDX-License-Identifier: GPL-3.0-or-later */
/* remote-host.h: the other hosts of a session, by name. Main thread. */
#ifndef SESSION_REMOTE_HOST_H
#define SESSION_REMOTE_HOST_H

#include "controller/remote/client/client.h"
#include "controller/session/host-line.h"
#include "controller/session/session.h"
#include "controller/session/slurm-copy.h"

/* The user's description of another host. Either ssh or command is set. */
typedef struct {
    char *name;
    char *ssh, *identity, *fingerprint; /* connect over ssh: target, key file, host key */
    char *command;                      /* connect over this command's stdin and stdout */
    char *metronome;                    /* path of the program on that host; NULL: "metronome" */
    char *cpus;                         /* CPUs that the agent uses; NULL: all */
    char *by;                           /* what `host list` says of it; NULL: ssh or command */
    Stream *started;                    /* the command runs already; NULL: it is to be started */
    SlurmCopier *copier;                /* copies files there; NULL: ssh does, or nobody */
    HostLine line;                      /* a TCP connection in place of that, or not */
} RemoteHostOptions;

typedef struct {
    RemoteHostOptions options;
    AgentClient *client; /* NULL: the session only checks */
} RemoteHost;

void remote_host_options_clear(RemoteHostOptions *options);

/* Sets one option from "key=value"; copies the value. */
bool remote_host_set(RemoteHostOptions *options, const char *arg, GError **error);

/* All keys of remote_host_set(), NULL-terminated; static. */
const char *const *remote_host_keys(void);

/* "; did you mean 'HOST'?" for an unknown name, or ""; free with g_free(). */
char *remote_host_suggest(const Session *session, const char *name);

/* Always false, with an error for a host= of an unknown name. In a check the name may be in doubt
 * (checking.h). */
bool remote_host_unknown(const Session *session, const char *name, GError **error);

/* Whether a host may have this name; the error says what is right. */
bool remote_host_check_name(const char *name, GError **error);

/* Adds a host and connects to its agent; a dry session does not connect. Takes over the contents of
 * options, unless the options are refused. */
bool remote_host_add(Session *session, RemoteHostOptions *options, GError **error);

/* The host of this name; NULL: there is none. The session owns the host. */
RemoteHost *remote_host_find(const Session *session, const char *name);

/* The host for a node with host=auto: of the hosts that answer, the one with the fewest nodes a CPU
 * once it has the node, the first such one. nodes, called with data: how many a host has. NULL: there
 * are no other hosts. */
RemoteHost *remote_host_choose(const Session *session,
                               unsigned (*nodes)(const void *data, const RemoteHost *host),
                               const void *data);

/* Number of CPUs of the host's agent; 1 in a dry session. */
unsigned remote_host_cpus(const RemoteHost *host);

/* Number of the session's nodes on the host. */
unsigned remote_host_nodes(const Session *session, const RemoteHost *host);

/* Prints the hosts' table of `perf`. */
void remote_host_print_perf(const Session *session);

#endif
