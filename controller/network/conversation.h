/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conversation.h: finds the card that began a frame's conversation: a TCP connection, a UDP flow, a
 * ping, an ARP exchange. Pure.
 *
 * A round trip is correct only at the end that asks. So a capture that shows each frame once shows
 * each conversation from the view of the card that began the conversation.
 */
#ifndef NETWORK_CONVERSATION_H
#define NETWORK_CONVERSATION_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

/* Limit of remembered conversations; beyond the limit the oldest one is forgotten. */
#define CONVERSATIONS_MAX 65536u

typedef struct Conversations Conversations;

Conversations *conversations_new(void);
/* NULL is allowed. */
void conversations_free(Conversations *conversations);

/* Returns the sender of the first frame of this frame's conversation: `from`, if this frame is the
 * first. */
unsigned conversations_initiator(Conversations *conversations, const void *frame, size_t size,
                                 unsigned from);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Conversations, conversations_free)

#endif
