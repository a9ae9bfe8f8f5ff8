/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake-hosts.h: two remote hosts that are only threads. They do the part of
 * remote/client/client-segment.c. Their nodes have no QEMU.
 *
 * Each fake host publishes how many quanta it has run. At each report of a barrier the test ends
 * with a failure unless two things are true: all hosts that take part stand at the end of the
 * barrier's grant, and the participants have the stamps of this very barrier.
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

    uint64_t leave_at; /* the host leaves at this barrier; 0: it stays */
    bool stop;         /* the leaving ends the segment */
    bool broke;        /* the reason is a point hit in the next quantum */
    bool slow;
    bool hangs_back; /* no marks: the nodes stand ahead of every boundary */

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
    uint64_t called; /* barriers reported so far; the segment's lock guards it */
    uint64_t stop_at;
    bool over;
    unsigned again; /* segments that follow at once */
} FakeHosts;

/* count, grant_quanta: quanta of a segment, and of a grant. Free with fake_hosts_free(). */
FakeHosts *fake_hosts_new(uint64_t count, unsigned grant_quanta);
void fake_hosts_free(FakeHosts *fakes);

/* Runs a segment, and `again` more. Waits for their end. */
void fake_hosts_run(FakeHosts *fakes);

/* Waits for fake_hosts_done(), which must be called once, in the main context. */
void fake_hosts_wait(FakeHosts *fakes);
void fake_hosts_done(void *fakes);

#endif
