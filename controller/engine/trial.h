/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trial.h: what a QEMU does is found out by trying it, not by its version.
 *
 * The trial is a part of a node's first quantum. A tick is made that is to fire half way, and its
 * interval is then set to the whole way. Up to QEMU 10 the new interval holds for what follows, and
 * the tick fires half way; since 11.0 setting it arms the timer anew (net/filter-buffer.c), and the
 * tick fires at the boundary. Both are exact stops, so the trial costs one stop. A QEMU that does
 * neither is refused.
 */
#ifndef ENGINE_TRIAL_H
#define ENGINE_TRIAL_H

#include "controller/engine/gate.h"
#include "controller/engine/segment.h"

/* Which participants' nodes are to try their QEMU in the segment that begins: of each QEMU that
 * nobody has tried, one. The others of that QEMU learn what was found. */
void trial_choose(Participant *participants, unsigned n_participants);

/* All nodes stand at a barrier: the others learn what was found. False: nobody has more to find. */
bool trial_learn(const Segment *segment);

/* Makes the plan of one boundary a trial. False if its way is too short or too long for one: it
 * is unchanged. */
bool trial_plan(const Node *node, GatePlan *plan);

/* The note of a planned trial: sets what the node's QEMU does, unless the host was late by so much
 * (sleep=on) that it may be either. *half_way: the boundary is still ahead; else the note is now the
 * boundary's. Fails if the QEMU does nothing that is known. */
bool trial_judge(Node *node, const GatePlan *plan, Note *note, bool *half_way, GError **error);

#endif
