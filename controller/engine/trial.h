/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trial.h: finds out by a trial, not by QEMU's version, what setting a filter's interval does.
 *
 * The trial is a part of a node's first quantum. The gate makes a tick that fires half way to the
 * boundary, and then sets the tick's interval to the whole way. Up to QEMU 10 the new interval
 * holds for the firings that follow, and the tick fires half way. Since 11.0 setting the interval
 * arms the timer anew (net/filter-buffer.c), and the tick fires at the boundary. Both firings are
 * exact stops, so the trial costs one stop. A QEMU that does neither is refused.
 */
#ifndef ENGINE_TRIAL_H
#define ENGINE_TRIAL_H

#include "controller/engine/gate.h"
#include "controller/engine/segment.h"

/* Chooses the participants whose nodes try their QEMU in the segment that begins: one for each
 * QEMU that nobody has tried. The other nodes of that QEMU learn the result. */
void trial_choose(Participant *participants, unsigned n_participants);

/* Called while all nodes stand at a barrier: the nodes that did not try learn the results.
 * False: no node has anything to learn. */
bool trial_learn(const Segment *segment);

/* Makes a plan of one boundary a trial. Returns false and leaves the plan unchanged if the way
 * to the boundary is too short or too long for a trial. */
bool trial_plan(const Node *node, GatePlan *plan);

/* Reads the result of a planned trial from its note and sets node->interval, unless the host was
 * so late (sleep=on) that either may have happened. *half_way: true if the boundary is still
 * ahead; otherwise the note has become the boundary's. Fails if the QEMU does nothing that is
 * known. */
bool trial_check(Node *node, const GatePlan *plan, Note *note, bool *half_way, GError **error);

#endif
