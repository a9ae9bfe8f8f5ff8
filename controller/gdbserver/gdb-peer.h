/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdb-peer.h: the connection of a gdb for which metronome is the target: receives and sends
 * packets, for one gdb at a time. Main thread.
 *
 * A peer that sends a byte outside the protocol is disconnected, and the bytes after that byte are
 * not examined: a web page can make a browser send a gdb packet, but never at the beginning of a
 * connection. The memory that a peer can occupy is limited, in both directions.
 *
 * Protocol: gdb manual, appendix "Remote Serial Protocol", section "Overview".
 */
#ifndef GDBSERVER_GDB_PEER_H
#define GDBSERVER_GDB_PEER_H

#include <glib.h>
#include <stdbool.h>

typedef struct GdbPeer GdbPeer;

typedef struct {
    void (*arrived)(void *data);     /* packets wait: call gdb_peer_next() */
    void (*interrupted)(void *data); /* byte 0x03: Ctrl-C in gdb */
    void (*gone)(void *data);        /* closed, broken or no gdb: call gdb_peer_close() */
} GdbPeerEvents;

/* A peer without a connection; free with gdb_peer_free(). Events are called from the main loop; any
 * of them may free the peer. events must outlive the peer. */
GdbPeer *gdb_peer_new(const GdbPeerEvents *events, void *data);
/* Closes the connection and frees the peer. NULL is allowed. */
void gdb_peer_free(GdbPeer *peer);

/* Begins a connection; no other may be open. Takes over fd. */
void gdb_peer_open(GdbPeer *peer, int fd);
/* Closes the connection and drops all packets. Calls no event. */
void gdb_peer_close(GdbPeer *peer);
bool gdb_peer_is_open(const GdbPeer *peer);
/* Whether the connection is open and has sent a whole packet: until then the peer may be any
 * program. */
bool gdb_peer_has_spoken(const GdbPeer *peer);

/* Whether gdb_peer_next() has a packet. No packet is handed out while more than 64 KiB of answers
 * are unsent. */
bool gdb_peer_waits(const GdbPeer *peer);
/* The oldest packet that was not handed out yet, decoded and followed by a NUL, which the size
 * includes; free with g_bytes_unref(). NULL: there is none. */
GBytes *gdb_peer_next(GdbPeer *peer);

/* Sends a packet without blocking. A peer with more than 4 MiB of unread answers is
 * disconnected. */
void gdb_peer_reply(GdbPeer *peer, const char *data, size_t size);
void gdb_peer_reply_text(GdbPeer *peer, const char *text);
/* Sends text that gdb shows as output of the target (O packets); only while gdb waits for an
 * answer. */
void gdb_peer_report(GdbPeer *peer, const char *text);
/* Ends the acknowledgement of packets on this connection (QStartNoAckMode). */
void gdb_peer_no_acks(GdbPeer *peer);

#endif
