/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdb-peer.h: the connection of a gdb that takes us for its target: packets in, packets out, one
 * gdb at a time.
 *
 * Whoever sends a byte that the protocol does not have is cut off, and nothing of what came behind
 * that byte is looked at: a web page can make a browser send a packet, but never as the first
 * thing. What a peer makes us keep is bounded, in both directions.
 *
 * Protocol: gdb manual, appendix "Remote Serial Protocol", section "Overview".
 */
#ifndef GDBSERVER_GDB_PEER_H
#define GDBSERVER_GDB_PEER_H

#include <glib.h>
#include <stdbool.h>

typedef struct GdbPeer GdbPeer;

typedef struct {
    void (*arrived)(void *data);     /* packets wait: gdb_peer_next() */
    void (*interrupted)(void *data); /* 0x03, Ctrl-C in gdb */
    void (*gone)(void *data);        /* it closed, broke or is no gdb: gdb_peer_close() */
} GdbPeerEvents;

/* Nobody is connected yet. Events come from the main loop; any of them may free the peer. */
GdbPeer *gdb_peer_new(const GdbPeerEvents *events, void *data);
void gdb_peer_free(GdbPeer *peer);

/* Owns fd from now on. */
void gdb_peer_open(GdbPeer *peer, int fd);
void gdb_peer_close(GdbPeer *peer);
bool gdb_peer_is_open(const GdbPeer *peer);
/* Whether it is open and has sent a whole packet: until then it may be anybody. */
bool gdb_peer_has_spoken(const GdbPeer *peer);

bool gdb_peer_waits(const GdbPeer *peer);
/* The oldest packet that was not taken yet, decoded, a NUL behind its last byte (the size counts
 * it); NULL: none. */
GBytes *gdb_peer_next(GdbPeer *peer);

/* A gdb that does not read is not waited for; one that has not read much for long is cut off. */
void gdb_peer_reply(GdbPeer *peer, const char *data, size_t size);
void gdb_peer_reply_text(GdbPeer *peer, const char *text);
/* Shown by gdb as output of the target; only while it waits for an answer. */
void gdb_peer_tell(GdbPeer *peer, const char *text);
/* From now on nothing is acknowledged (QStartNoAckMode). */
void gdb_peer_no_acks(GdbPeer *peer);

#endif
