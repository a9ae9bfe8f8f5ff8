/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * protocol.h: the messages between a controller and the agent of another host, in the encoding of
 * codec.h. Both sides begin with HELLO; the protocol versions must be equal.
 *
 * The agent holds the nodes of its host. The controller holds the session and the network, and
 * decides how far to run. For islands (network/island.h) the agent has a replica of the network.
 * A node is named by its index in the session, a card by a number that the controller gives.
 * Virtual times are ns of the ensemble, or of the node's own clock where the field is called "own".
 * Host times are ns of the agent's monotonic clock.
 *
 * A segment needs only these messages, one each way for each grant and host:
 *
 *   controller                       agent
 *   SEGMENT: first frames       ->
 *                               <-   REPORT: the grant's end is reached, frames sent
 *   GRANT: frames due           ->
 *                               <-   REPORT
 *   HALT                        ->
 *                               <-   SEGMENT_OVER: REPORT's fields, and where each node stands
 *
 * A grant is `grant_quanta` quanta. The first grant is `overlap_quanta` longer, so that the agent
 * still has that many quanta to run while its REPORT is on the way.
 *
 * At the segment's last barrier, or where a node stops before it, the agent sends SEGMENT_OVER
 * without a HALT. Bytes for consoles, ports and stubs may be sent between these messages.
 */
#ifndef REMOTE_PROTOCOL_H
#define REMOTE_PROTOCOL_H

#define PROTOCOL_MAGIC   UINT32_C(0x4d54524e) /* "NRTM" */
#define PROTOCOL_VERSION 10

/* A side that sends nothing else sends PULSE every second. A side that sends nothing for
 * PROTOCOL_SILENT_MS counts as gone. */
#define PROTOCOL_PULSE_MS  1000
#define PROTOCOL_SILENT_MS 10000
/* Who has not looked for so long was stopped itself, and can't tell how long the other was silent. */
#define PROTOCOL_STOPPED_MS 5000

/* A change of CLOCK_REALTIME - CLOCK_MONOTONIC by more than this means that the host's clock was
 * set, or that the host was frozen. */
#define PROTOCOL_JUMP_NS (500 * NS_PER_MS)

typedef enum {
    /* Both ways. u32 magic, u32 version, text program's version. The agent's HELLO continues: u32
     * mode of scheduling (SchedMode), u32 n, n times u32 CPU. */
    MSG_HELLO = 1,
    /* Both ways. The agent's PULSE: i64 CLOCK_REALTIME - CLOCK_MONOTONIC in ns. The controller's:
     * nothing. */
    MSG_PULSE,

    /* Controller: requests, one at a time, each answered by OK or NO. */
    MSG_FILE, /* text SHA-256, u64 size, u8 may be used at its path, text path here.
                      OK: u8 exists there, text path to use or to write to */
    MSG_NODE, /* u32 node, text name, text QEMU or "", u8 waits for a state, u32 n, n times (text
                      key, text value). OK: text version, u32 vCPUs, clock (node-state.h), u32 CPU
                      there, disk */
    MSG_END,  /* u32 node */
    MSG_QMP,  /* u32 node, u8 HMP, text command, text arguments or "". OK: text */
    MSG_CARD, /* u32 card, u32 node, u32 index, u32 port of the network, i64 now, u8 stuck */
    MSG_TOPOLOGY,  /* i64 time up to which the network has moved, u32 n, n changes (topology.h)
                      made at that time, which follow those sent before */
    MSG_STUB_OPEN, /* u32 node */
    /* Its value is that of a line feed. An agent whose stdout is a pipe sends an empty one behind
     * whatever it sends: a launcher may hand on whole lines only, as srun does without -u. The
     * controller drops it. */
    MSG_PING = '\n',

    /* Controller: without an answer. */
    MSG_STUB_CLOSE, /* u32 node */
    MSG_TYPE,       /* u32 node, bytes for its console */
    MSG_SEGMENT,    /* i64 time up to which the network has moved, i64 now, i64 first, i64 quantum,
                       u64 count, u32 grant_quanta, u32 overlap_quanta, u8 brake, i64 longest skip
                       in µs, u8 aligned, i64 next barrier, u8 stop on exit, u32 the node whose
                       guest's end ends the segment or 2^32 - 1, u8 cards take part,
                       u32 n, n times (u32 node, i64 epoch),
                       u32 n, n times (u32 card, u8 exact, i64 own: fabric/port.h), then as GRANT */
    MSG_GRANT,      /* u32 n, n times (u32 card, u32 id, i64 due, bytes) */
    MSG_HALT,       /* nothing */
    MSG_STEP,   /* u32 node, i64 epoch, u8 by count, i64 count, i64 own time, u32 manner, i64 vCPU,
                   i64 grain in µs, i64 fence in own µs. The agent sends STEPPED once */
    MSG_CANCEL, /* nothing: ends the STEP */

    /* Agent: answers. */
    MSG_OK, /* the fields after "OK:" at the request; else nothing */
    MSG_NO, /* u32 code of NODE_ERROR, text why */

    /* Agent: without a request. */
    MSG_REPORT,       /* grant-report.h */
    MSG_SEGMENT_OVER, /* as REPORT, then u8 a point was hit, u32 n, n times a node state
                         (node-state.h), u32 n, n times (u32 card, u8 frames wait inside QEMU) */
    MSG_STEPPED,      /* u8 asleep, u8 hit, text why the step failed or "", bytes: what the console
                       * got, as often as (i64 until, bytes); a node state */
    MSG_NODE_FAILED,  /* u32 node, text why: the node failed while the ensemble stood */
    MSG_NODE_EVENT,   /* u32 node, a report of the node (node_event_put() in node-state.h) */
    MSG_LOG,          /* u8 level, text: a line of the agent's log */

    /* Both ways. */
    MSG_STUB, /* u32 node, bytes of the gdb protocol */
    MSG_PORT, /* u32 node, bytes of the port to the guest agent */

    /* Controller, before a STEP: frames that are due during the step. Without an answer. */
    MSG_CARDS, /* i64 time up to which the network has moved, i64 now, i64 until, i64 quantum, then
                  cards and frames as in SEGMENT */

    /* Controller: requests, as above. Saved machines stay on the host; each has a number that the
     * controller gives, above 0. A machine has parts: "devices", "ram" unless that is in the devices,
     * and one for each overlay, by the name of its drive. */
    MSG_NETWORK, /* i64 time up to which the network has moved, bytes (network-state.h): the replica
                        is a copy of it. TOPOLOGY goes on from there */
    MSG_SAVE,    /* i64 now, u32 n, n times (u32 node, u32 number): their cards are closed, RESTORE
                        has to follow. OK: REPORT's fields, u32 n, n times (u32 number or 0: it has
                        no machine, bytes: its past, node-save.h), u32 n, for each card (i64 last
                        boundary, u8 stuck) */
    MSG_RESTORE, /* u8 the RAM stays as it is behind SAVE, text QEMU or "", u32 n, n times (u32 node,
                        u32 number or 0: none, text version or ""). All cards and the replica are
                        gone. OK: for each node (text version, u32 vCPUs, clock, u32 CPU, disk) */
    MSG_PAST,    /* u32 node, i64 epoch, bytes: its past and its hit (node-save.h) */
    MSG_AGAIN,   /* u32 node, text QEMU or "": launched anew. OK: as NODE */
    MSG_CLOSE_CARDS, /* nothing: all cards and the replica are gone */
    MSG_PARTS,  /* u32 number. OK: u8 RAM is in the devices, u32 n, n times (text name, u64 size) */
    MSG_FETCH,  /* u32 number, u32 part, u64 at. OK: u64 at, bytes: the next ones that are not all
                        zeros; none: there are no more */
    MSG_STORE,  /* u32 number, then OK of PARTS: a machine whose parts are zeros so far */
    MSG_FILL,   /* u32 number, u32 part, u64 at, bytes */
    MSG_FORGET, /* u32 number */

    /* Controller: the first request, if there is one: all that follows goes over a TCP connection
     * (line-meet.h). OK or NO are the last message on the line on which the agent was started. That
     * line stays open: its end is the agent's end. */
    MSG_LINE, /* u8 the agent listens (else it connects), text address, u32 lowest port, u32 highest
                 port (0: any; the port to connect to), bytes: a secret of LINE_SECRET. OK: u32 port */
} MessageType;

/* Most bytes of a part in one message. */
#define PROTOCOL_PART_BYTES (4 << 20)

#endif
