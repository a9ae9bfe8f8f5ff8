/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reverse-private.h: what the files of a way back share: reverse.c has the way itself, aim.c the places
 * that are asked for, to-hit.c the way to a hit, to-write.c that to a write, to-vcpu.c that of one vCPU.
 */
#ifndef PAST_REVERSE_PRIVATE_H
#define PAST_REVERSE_PRIVATE_H

#include "controller/past/pass.h"
#include "controller/past/past-private.h"
#include "controller/past/reverse.h"
#include "controller/past/search.h"
#include "controller/past/users.h"
#include "controller/past/vcpu-search.h"
#include "controller/run/trail.h"

/* What comes next behind a pass or a search. False: that is the end, which an error makes a failure. */
typedef bool (*ReverseNext)(Reverse *reverse, GError **error);

struct Reverse {
    Session *session;
    ReverseGoal goal;
    ReverseDoneFunc done;
    void *data;
    GArray *services; /* they wait for the end */
    HTime began, in_runs;
    GError *problem;
    bool settling; /* goes to a point, behind a problem */
    bool searched; /* the ensemble stands where a search has left it: in no state of the branch */
    bool stopping; /* reverse_interrupt() */
    Users *users;  /* what stays as it is now */
    Pass pass;     /* the last one */
    Passing *passing;
    Search *search;
    unsigned next;       /* idle source that begins what comes next; 0: none */
    ReverseNext arrived; /* at the place of `pass` */
    PassHit hit;         /* the one to which it goes */
    bool at_hit;
    unsigned cursor;  /* of the trail, when the search began */
    bool at_write;    /* it began right behind a write that was found before */
    uint64_t poke;    /* number of the entry that wrote */
    VcpuSearch *vcpu; /* REVERSE_STEP_VCPU */
    ReverseOutcome outcome;
    uint8_t before[REVERSE_MOST_BYTES], after[REVERSE_MOST_BYTES], last[REVERSE_MOST_BYTES];
};

/* A pass to reverse->pass.place, and what comes there. Returns true. */
bool reverse_go(Reverse *reverse, ReverseNext arrived);
/* Goes on with reverse->arrived, from the main loop: not from the callback of a pass or a search, which
 * it ends. */
void reverse_go_on(Reverse *reverse);
/* Ends the way. unsettled: the ensemble can't stay where it is, and goes to the last point before. error
 * NULL: there is none. */
void reverse_stop(Reverse *reverse, ReverseEnd end, bool unsettled, const GError *error);

/* aim.c: sets the place that is asked for, and its point. False, with an error: it can't be gone to. */
bool reverse_aim(const Session *session, Reverse *reverse, GError **error);

/* to-hit.c: a ReverseNext, to the last hit of what is asked for, or to the last write. */
bool reverse_search(Reverse *reverse, GError **error);
/* There is none. Returns true. */
bool reverse_go_to_beginning(Reverse *reverse);
/* The hit's vCPU is at another pc than it was. Returns false. */
bool reverse_is_elsewhere(Reverse *reverse, uint64_t pc, GError **error);

/* to-vcpu.c: a ReverseNext, back by instructions of one vCPU. */
bool reverse_probe(Reverse *reverse, GError **error);

/* to-write.c: sets and removes the watchpoint that finds the write: Pass.set. */
bool reverse_set_watch(Session *session, bool on, void *data, GError **error);
/* The bytes that are asked for, as the node has them now. */
bool reverse_read_value(const Reverse *reverse, uint8_t *bytes, GError **error);
/* What has written last before the search, by a command or a gdb, behind the last instruction that did
 * (any_hit); NULL: nothing. */
const TrailItem *reverse_last_poke(const Reverse *reverse, bool any_hit);
bool reverse_go_to_poke(Reverse *reverse, const TrailItem *item);
/* A ReverseNext, in front of the instruction that writes: the next one is it. */
bool reverse_before_write(Reverse *reverse, GError **error);
/* The program counter of the vCPU of the hit. */
bool reverse_read_pc(const PassHit *hit, uint64_t *pc, GError **error);

#endif
