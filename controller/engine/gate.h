/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gate.h: the gate makes one node stand still at a boundary. The gate is built from QEMU's own net
 * filters.
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
 * Brakes are filter-buffers without tokens. The brakes' deadlines limit how far the clock of an
 * idle node can be warped (icount_start_warp_timer(), icount-common.c):
 *   mtb  1 µs behind an intended stop;
 *   mtf  every so many µs;
 *   mtk  1 µs behind every boundary, for nodes that may have to be stopped at any boundary; mtk
 *        stays when the gate is disarmed.
 *
 * QEMU sources: net/filter-buffer.c, net/dump.c, net/filter.c, net/dgram.c. Under icount the vCPU
 * thread itself runs the filters' timers, between two instructions and with the big lock held
 * (icount_handle_deadline(), accel/tcg/tcg-accel-ops-icount.c). So QMP does not answer while the
 * gate is closed: never wait for a reply with the gate closed.
 *
 * The names are short because QEMU reads QMP byte by byte, at some 3 µs a byte.
 *
 * The witness exists with sleep=on, where a note behind its boundary has two possible causes: the
 * node slept too long, or its token came too late. The witness tells them apart. A node that may be
 * parked has a witness too: it tells where the node stands.
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

/* Creates the gate's sockets, FIFOs and QEMU objects on a stopped node. NULL and an error on
 * failure. Free with gate_free(). */
Gate *gate_new(Node *node, GError **error);

/* Removes the gate's objects from an attached QEMU that stands still. gate_free() releases the
 * rest. */
bool gate_remove(Gate *gate, GError **error);
/* Closes the gate's sockets and FIFOs. Accepts NULL. */
void gate_free(Gate *gate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gate, gate_free)

/* The descriptor that becomes readable when the node has reached a boundary, and reports EOF
 * when QEMU has died. */
int gate_note_fd(const Gate *gate);

#define GATE_MAX_STAGES 4

/* What the gate is to do from where the node stands now. */
typedef struct {
    int64_t first_us;    /* next boundary, in the node's own virtual µs; later than now */
    int64_t quantum_us;  /* distance of the boundaries behind it */
    uint64_t boundaries; /* number of boundaries: no token is sent for more */
    bool brake;          /* set mtb 1 µs behind the last boundary */
    int64_t grain_us; /* not 0: set mtf, a brake every so many µs; limits each warp, costs speed */
    int64_t
        grain_at_us;  /* one of these is there, if possible; 0: they count from where it stands */
    unsigned stages;  /* length of the shift register: 1 to GATE_MAX_STAGES */
    bool tries;       /* set the quantum behind a single boundary, too (trial.h) */
    int64_t guard_us; /* mtk is to fire then and every quantum_us, if possible; 0: not wanted */
    bool stays;       /* the node may be parked at a boundary */
    bool unguarded;   /* remove mtk of former plans, and the witness unless `stays` */
} GatePlan;

/* Whether ticks that are made where the node stands reach all boundaries of the plan, not only
 * the first. */
bool gate_keeps_up(const Gate *gate, const GatePlan *plan);

/* Whether mtk is there for the plan, or can be made from where the node stands. */
bool gate_guards(const Gate *gate, const GatePlan *plan);

/* Whether mtk can't be made where the node stands, but can be made 1 µs later. */
bool gate_guards_later(const Gate *gate, const GatePlan *plan);

/* Arms the gate of a stopped node whose clock was read just now. When the function returns, the
 * tokens of the first boundaries are in place. A node that is parked for the plan goes on from
 * there. */
bool gate_arm(Gate *gate, const GatePlan *plan, GError **error);

/*
 * Parks a node that was stopped at its gate: the tick stays and is given the token of the boundary
 * at which it fires next, so that going on to that boundary costs next to nothing.
 *
 * *now_us: where the node stands, by the witness of that token. The node's clock may not run before
 * gate_arm() or gate_disarm().
 */
bool gate_park(Gate *gate, int64_t *now_us, GError **error);
/* Whether gate_park() is allowed where the node stands. */
bool gate_may_park(const Gate *gate);
/* Whether the node is parked, with the tick and token that this plan needs. */
bool gate_is_parked_for(const Gate *gate, const GatePlan *plan);

/* Takes tick and brakes away from a stopped node, but for mtk. Tokens that are still inside are
 * lost. */
bool gate_disarm(Gate *gate, GError **error);

/* Does the same and finds where the node stands, in virtual µs: by the note of one more token,
 * which the tick hands out as it is deleted. Only allowed if gate_knows_where() or parked. */
bool gate_disarm_where(Gate *gate, int64_t *now_us, GError **error);
/* Whether gate_disarm_where() can tell where the node stands: no token is inside, and there is
 * one stage. */
bool gate_knows_where(const Gate *gate);

typedef enum {
    NOTE_NONE,    /* no note yet */
    NOTE_ON_TIME, /* at the boundary that the token was sent for */
    NOTE_GRAIN,   /* less than one instruction behind it: exact, but the tick now drifts */
    NOTE_IDLE,    /* behind it as the idle node slept too long (sleep=on): nothing executed */
    NOTE_MISSED,  /* behind it: the node ran past the boundary */
    NOTE_GONE,    /* QEMU closed its end */
    NOTE_BROKEN,  /* not what QEMU can have written: wrong size or sequence */
} NoteKind;

typedef struct {
    NoteKind kind;
    int64_t stamp_us; /* the node's own virtual µs */
    int64_t late_us;  /* µs behind the boundary */
} Note;

/* Reads one note without waiting and compares it with the boundary that comes next. */
Note gate_read_note(Gate *gate);

/* Whether QEMU has taken every token sent so far (SIOCOUTQ). A token that QEMU has not taken
 * will miss its boundary. */
bool gate_tokens_taken(const Gate *gate);

/* The node is at its gate: sends the next boundary's token, if there is one, and lets the node
 * run on. */
bool gate_open(Gate *gate, GError **error);

/* The node is at its gate: stops it there. The function queues `stop` first and then opens the
 * gate. The main thread outranks the vCPU, so a busy node executes nothing more. */
bool gate_stop(Gate *gate, GError **error);

/* The node runs: stops it wherever it is. Fails if QEMU does not answer within 2 s. */
bool gate_halt(Gate *gate, GError **error);

#endif
