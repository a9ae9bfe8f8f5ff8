/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * protocol.h: what a controller and the agent of another host say to each other, as messages of
 * codec.h. Both sides begin with HELLO; versions must be equal.
 *
 * The agent holds the nodes of its host; the controller holds the session, the network and the
 * decision how far to run. For islands (network/island.h) the agent has a copy of the network.
 * Nodes go by their index in the session, cards by a number that the controller gives. Virtual
 * times are ns of the ensemble (nodes' own ones where it says so), host times ns of the agent's
 * monotonic clock.
 *
 * During a segment nothing but this is needed, one message each way for each grant and host:
 *
 *   controller                       agent
 *   SEGMENT: first frames       ->
 *                               <-   REPORT: the grant's end is reached, frames sent
 *   GRANT: frames due           ->
 *                               <-   REPORT
 *   HALT                        ->
 *                               <-   SEGMENT_OVER: REPORT's fields, and where each node stands
 *
 * A grant is `grant_quanta` quanta; the first one is `overlap_quanta` longer, so that the agent has that many left
 * to run when its REPORT is on its way.
 *
 * At the segment's last barrier, and where a node stops before it, SEGMENT_OVER comes unasked. Bytes for
 * consoles and stubs go between these at any time.
 */
#ifndef REMOTE_PROTOCOL_H
#define REMOTE_PROTOCOL_H

#define PROTOCOL_MAGIC   UINT32_C(0x4d54524e) /* "NRTM" */
#define PROTOCOL_VERSION 6

/* Who says nothing else says PULSE every second; who is silent for longer than this is gone. */
#define PROTOCOL_PULSE_MS  1000
#define PROTOCOL_SILENT_MS 10000

/* A host clock that leaps by more than this against CLOCK_MONOTONIC has jumped. */
#define PROTOCOL_JUMP_NS (500 * NS_PER_MS)

typedef enum {
    /* Both ways. u32 magic, u32 version, text program's version. The agent's goes on: text mode,
     * u32 n, n times u32 CPU. */
    MSG_HELLO = 1,
    /* Both ways. The agent's: i64 CLOCK_REALTIME - CLOCK_MONOTONIC. */
    MSG_PULSE,

    /* Controller: requests, one at a time, each answered by OK or NO. */
    MSG_FILE,      /* text SHA-256, u64 size, u8 may be used where it is, text where it is.
                      OK: u8 here, text path to use, or to write it to */
    MSG_NODE,      /* u32 node, text name, text QEMU or "", u32 n, n times (text key, text value).
                      OK: text version, u32 vCPUs, clock (node-state.h), u32 CPU there */
    MSG_END,       /* u32 node */
    MSG_QMP,       /* u32 node, u8 HMP, text command, text arguments or "". OK: text */
    MSG_CARD,      /* u32 card, u32 node, u32 index, u32 port of the network, i64 now */
    MSG_TOPOLOGY,  /* i64 the network has moved up to this, u32 n, n changes (topology.h) of then
                      that follow those told before */
    MSG_STUB_OPEN, /* u32 node */
    MSG_PING,

    /* Controller: not answered. */
    MSG_STUB_CLOSE, /* u32 node */
    MSG_TYPE,       /* u32 node, bytes for its console */
    MSG_SEGMENT,    /* i64 the network has moved up to this, i64 now, i64 first, i64 quantum,
                       u64 count, u32 grant_quanta, u32 overlap_quanta, u8 brake, i64 longest skip in µs,
                       u8 on the grid, i64 next barrier, u8 stop on exit, u32 the node with whose
                       guest it ends or 2^32 - 1, u8 cards take part,
                       u32 n, n times (u32 node, i64 epoch),
                       u32 n, n times (u32 card, u8 exact, i64 own: qemu/far.h), then as GRANT */
    MSG_GRANT,      /* u32 n, n times (u32 card, u32 id, i64 due, bytes) */
    MSG_HALT,       /* nothing */
    MSG_STEP,   /* u32 node, i64 epoch, u8 by count, i64 count, i64 own time, u32 manner, i64 vCPU,
                   i64 grain in µs, i64 fence in own µs. STEPPED comes once */
    MSG_CANCEL, /* nothing: ends the STEP */

    /* Agent: answers. */
    MSG_OK, /* the fields of the request */
    MSG_NO, /* u32 code of NODE_ERROR, text why */

    /* Agent: unasked. */
    MSG_REPORT, /* grant-report.h */
    MSG_SEGMENT_OVER, /* as REPORT, then u8 a point was hit, u32 n, n times an outcome (node-state.h), u32 n,
                     n times (u32 card, u8 frames wait inside QEMU) */
    MSG_STEPPED, /* u8 asleep, u8 hit, text why it failed or "", an outcome */
    MSG_FELL,    /* u32 node, text why: it failed while the ensemble stood */
    MSG_TOLD,    /* u32 node, what it tells (node-state.h) */
    MSG_LOG,     /* u8 level, text: a line of its log */

    /* Both ways. */
    MSG_STUB, /* u32 node, bytes of the gdb protocol */
    MSG_PORT, /* u32 node, bytes of the port to the guest's own agent */

    /* Controller, before a STEP: what is due on the node's way. Not answered. */
    MSG_CARDS, /* i64 the network has moved up to this, i64 now, i64 until, i64 quantum, then cards
                  and frames as in SEGMENT */
} MessageType;

#endif
