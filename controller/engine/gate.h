/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gate.h: what makes one node stand still at a boundary, built from QEMU's own net filters.
 *
 *   token, our datagram
 *     |
 *   netdev mtg, which mth joins to a hub that no device uses
 *     |
 *   filter-dump   mtw         witness, with sleep=on: a record of when the token was taken in
 *     |
 *   filter-buffer mt3 … mt0   tick: holds the token until the boundary; more than one: see stages
 *     |
 *   filter-dump   mtn         note: "I am at T", a record for us
 *     |
 *   filter-dump   mtd         gate: blocks in a full pipe
 *
 * Brakes are filter-buffers without tokens, whose deadlines cap how far the clock of an idle node
 * can be warped (icount_start_warp_timer(), icount-common.c): mtb 1 µs behind an intended stop, mtf
 * every so many µs, and mtk 1 µs behind every boundary, for nodes that may have to be stopped at any
 * of them. mtk stays when the gate is disarmed.
 *
 * QEMU sources: net/filter-buffer.c, net/dump.c, net/filter.c, net/dgram.c. Under icount the vCPU
 * thread itself runs the filters' timers, between two instructions (icount_handle_deadline(),
 * accel/tcg/tcg-accel-ops-icount.c), with the big lock held: while the gate is closed QMP does not
 * answer. Never wait for a reply with the gate closed.
 *
 * The names are short because QEMU reads QMP byte by byte, at some 3 µs each.
 *
 * The witness is there with sleep=on only, where a note behind its boundary may mean either that
 * the node slept too long or that its token came too late: the witness tells which.
 *
 * Invariant: the dump's pipe holds exactly one record whenever no token is being handed through, so
 * that the next token's record blocks.
 */
#ifndef ENGINE_GATE_H
#define ENGINE_GATE_H

#include "controller/qemu/node.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Gate Gate;

/* Creates the gate's sockets, FIFOs and QEMU objects on a stopped node. */
Gate *gate_new(Node *node, GError **error);

/* Removes the objects from an attached QEMU that stands still; the rest goes with gate_free(). */
bool gate_remove(Gate *gate, GError **error);
void gate_free(Gate *gate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gate, gate_free)

/* Becomes readable when the node has reached a boundary; EOF when QEMU has died. */
int gate_note_fd(const Gate *gate);

#define GATE_MAX_STAGES 4

/* What is to happen from where the node stands now. */
typedef struct {
    int64_t first_us;    /* next boundary, in the node's own virtual µs; later than now */
    int64_t quantum_us;  /* distance of those behind it */
    uint64_t boundaries; /* how many there are: no token is sent for more */
    bool brake;          /* set the brake 1 µs behind the last of them, … */
    int64_t grain_us; /* … and, if not 0, one to every so many µs: no warp is longer, at a cost */
    unsigned stages;  /* length of the shift register: 1 to GATE_MAX_STAGES */
    bool tries;       /* set the quantum behind a single boundary, too (trial.h) */
    int64_t guard_us; /* mtk is to be there then and every quantum_us, if it can be; 0: it is not */
    bool stays;       /* the node may be parked at a boundary */
    bool unguarded;   /* mtk of former plans goes, and the witness unless the node may be parked */
} GatePlan;

/* Whether ticks made where the node stands reach all boundaries of the plan, not only the first. */
bool gate_keeps_up(const Gate *gate, const GatePlan *plan);

/* Whether mtk is there, or can be made from where the node stands. */
bool gate_guards(const Gate *gate, const GatePlan *plan);

/* Whether mtk can't be made where the node stands, but a µs later. */
bool gate_guards_later(const Gate *gate, const GatePlan *plan);

/* Arms a stopped node whose clock was read just now. The tokens of the first boundaries are in
 * place when it returns. One that is parked for the plan goes on from there. */
bool gate_arm(Gate *gate, const GatePlan *plan, GError **error);

/*
 * A node that was stopped at its gate is parked there: the tick stays, and is given the token of the
 * boundary that it fires at next, so that going on to that needs next to nothing. *now_us: where it
 * stands, by the witness of that token. Its clock may not run before gate_arm() or gate_disarm().
 */
bool gate_park(Gate *gate, int64_t *now_us, GError **error);
bool gate_may_park(const Gate *gate);
bool gate_is_parked_for(const Gate *gate, const GatePlan *plan);

/* Takes tick and brake away from a stopped node; tokens that are still inside are lost. */
bool gate_disarm(Gate *gate, GError **error);

/* The same, and where the node stands, in virtual µs: by the note of one more token, which the tick
 * hands out as it is deleted. Only if … */
bool gate_disarm_where(Gate *gate, int64_t *now_us, GError **error);
/* … this: no token is inside, and there is one stage. */
bool gate_tells_where(const Gate *gate);

typedef enum {
    NOTE_NONE,    /* nothing there yet */
    NOTE_ON_TIME, /* at the boundary it was sent to */
    NOTE_GRAIN,   /* behind it by less than one instruction takes: exact, but the tick now drifts */
    NOTE_IDLE,    /* behind it because the idle node slept too long (sleep=on): nothing executed */
    NOTE_MISSED,  /* behind it: the node ran past the boundary it was to stop at */
    NOTE_GONE,    /* QEMU closed its end */
    NOTE_BROKEN,  /* not what QEMU can have written: wrong size or sequence */
} NoteKind;

typedef struct {
    NoteKind kind;
    int64_t stamp_us; /* the node's virtual time, µs */
    int64_t late_us;  /* behind the boundary */
} Note;

/* Reads one note without waiting and compares it with the boundary that comes next. */
Note gate_read_note(Gate *gate);

/* True if QEMU has taken every token sent so far (SIOCOUTQ): one that it has not will miss. */
bool gate_tokens_taken(const Gate *gate);

/* Node at the gate: sends the token that is due, if any, and lets the node run on. */
bool gate_open(Gate *gate, GError **error);

/* Node at the gate: stops it there. `stop` is queued first, then the gate opens; the main thread
 * outranks the vCPU, so a busy node executes nothing more. */
bool gate_stop(Gate *gate, GError **error);

/* Node on its way: stops it wherever it is, if it answers within a few seconds. */
bool gate_halt(Gate *gate, GError **error);

#endif
