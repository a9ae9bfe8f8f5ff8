/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake-hosts.h: two hosts that exist as threads only and play what remote/client/client-segment.c
 * does. Their nodes have no QEMU.
 *
 * Each publishes how many quanta it has run. When a barrier is told, all that take part stand at
 * the end of its grant, and the participants are what they were at this very barrier; else the test
 * ends.
 */
#ifndef LIB_FAKE_HOSTS_H
#define LIB_FAKE_HOSTS_H

#include "controller/engine/all-hosts.h"

#define FAKE_HOSTS_QUANTA 100

typedef struct {
    Remote remote; /* the first member */
    Segment *segment;
    RemoteDoneFunc done;
    void *done_data;
    GThread *thread;

    uint64_t leave_at; /* it gets no farther than this barrier; 0: it stays */
    bool stop;         /* … and that is the segment's end */
    bool broke;        /* … for a point was hit in the quantum that follows */
    bool slow;
    bool hangs_back; /* marks nothing: its nodes stand ahead of every boundary */

    atomic_ullong ran;
    atomic_bool gone;
    unsigned rides;
} FakeHost;

typedef struct {
    LocalHost *local;
    AllHosts *hosts;
    Fabric *fabric; /* of this host, without cards */
    Segment segment;
    FakeHost remote[2];
    Node *nodes[4]; /* a and c are on the first host, b on the second, d is here */
    NodeStats stats;
    Participant participants[4];
    SegmentMark marks[FAKE_HOSTS_QUANTA * 4];
    uint64_t called; /* of on_barrier; the segment's lock guards it */
    uint64_t stop_at;
    bool over;
    unsigned again; /* segments to follow at once */
} FakeHosts;

FakeHosts *fake_hosts_new(uint64_t count, unsigned grant_quanta);
void fake_hosts_free(FakeHosts *fakes);

/* Runs a segment, and `again` more. */
void fake_hosts_run(FakeHosts *fakes);

/* Waits for fake_hosts_done(), which is to be called once in the main context. */
void fake_hosts_wait(FakeHosts *fakes);
void fake_hosts_done(void *fakes);

#endif
