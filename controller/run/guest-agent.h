/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guest-agent.h: sends requests to the guest agent (guest-init/agent.c) over the node's virtio port
 * and receives the answers. Main thread; the ensemble stands during every call.
 */
#ifndef RUN_GUEST_AGENT_H
#define RUN_GUEST_AGENT_H

#include "controller/run/clocks.h"
#include "controller/session/session.h"

/* The reason why the guest can't be asked for its clocks, a sentence without a full stop; NULL: the
 * guest can be asked. */
const char *guest_agent_why_not(const Node *node);

/*
 * Sends the line "ID TEXT". QEMU has read the line before the function returns, so that the guest
 * receives the line at the same instruction in every run. The request goes into the journal.
 */
bool guest_agent_ask(Session *session, Node *node, unsigned id, const char *text, GError **error);

/* Gives the guest a request of before again. What it has answered until then is dropped. */
bool guest_agent_give(Node *node, const void *data, gsize size, GError **error);

/* Feeds the answer with all bytes that the guest agent has written since the last call. False, with
 * an error: as clocks_answer_feed(). */
bool guest_agent_read(Node *node, ClocksAnswer *answer, GError **error);

#endif
