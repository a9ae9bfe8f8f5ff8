/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * line-meet.h: how controller and agent find each other by TCP: one listens, the other connects,
 * and both prove that they know the secret (line-proof.h). Whoever else connects is dropped.
 * Sockets are not blocking, close on exec, send at once (TCP_NODELAY), and end some 10 s after the
 * network is dead. Any thread.
 */
#ifndef REMOTE_LINE_MEET_H
#define REMOTE_LINE_MEET_H

#include "controller/remote/line-proof.h"

/* How long each side tries. The side that listens waits longer, so that it hears the other's
 * reason. Both are below PROTOCOL_SILENT_MS. */
#define LINE_CONNECT_MS 6000
#define LINE_ACCEPT_MS  8000

/* Connections that may be unproved at one time, and how long each may be. */
#define LINE_UNPROVED    32
#define LINE_UNPROVED_MS 2000

typedef struct {
    int fd; /* readable: `look` has to look; -1: none */
    /* Called when fd is readable, and at least every 200 ms. False, with an error: give up. */
    bool (*look)(void *data, GError **error);
    void *data;
} LineLook;

/* The first address of a host, as a number; free with g_free(). NULL, with an error that names the
 * host. May wait for a name server. */
char *line_resolve(const char *host, GError **error);

/* Listens at a numeric address, on a free port from low to high, or with low 0 on any; *port: which
 * one. Returns a descriptor; -1, with an error. */
int line_listen(const char *address, unsigned low, unsigned high, unsigned *port, GError **error);

/* Waits for the one who knows the secret. *strangers: how many others have connected. Returns a
 * descriptor; -1, with an error: nobody has come, or `look` has given up. listening stays open. */
int line_accept(int listening, const uint8_t *secret, const LineLook *look, unsigned *strangers,
                GError **error);

/* Connects to a numeric address and makes sure that who listens knows the secret. Tries again where
 * the other side closes too early: it may have too many strangers. Returns a descriptor; -1, with
 * an error. */
int line_connect(const char *address, unsigned port, const uint8_t *secret, const LineLook *look,
                 GError **error);

/* "ADDRESS:PORT", with an IPv6 address in brackets; free with g_free(). */
char *line_name(const char *address, unsigned port);

#endif
