/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guest-agent.h: requests to the guest's agent (guest-init/agent.c) over the node's virtio port, and
 * what it answers. The ensemble stands whenever one of these is called.
 */
#ifndef RUN_GUEST_AGENT_H
#define RUN_GUEST_AGENT_H

#include "controller/run/clocks.h"
#include "controller/session/session.h"

/* NULL, or why the guest can't be asked for its clocks: a sentence without a full stop. */
const char *guest_agent_why_not(const Node *node);

/*
 * Sends "ID TEXT". QEMU has it before this returns, so that the guest gets it at the same
 * instruction in every run.
 */
bool guest_agent_ask(Node *node, unsigned id, const char *text, GError **error);

/* Feeds what the agent has written since. */
bool guest_agent_read(Node *node, ClocksAnswer *answer, GError **error);

#endif
