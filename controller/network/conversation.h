/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conversation.h: who began the conversation that a frame is part of: a TCP connection, a UDP flow, a
 * ping, an ARP exchange. Pure.
 *
 * A round trip is right only at one of its ends: that of whoever asks. So a capture that shows each
 * frame once takes, for each conversation, the view of the card that began it.
 */
#ifndef NETWORK_CONVERSATION_H
#define NETWORK_CONVERSATION_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

/* Conversations that are remembered; behind that the oldest is forgotten. */
#define CONVERSATIONS_MAX 65536u

typedef struct Conversations Conversations;

Conversations *conversations_new(void);
/* Takes NULL. */
void conversations_free(Conversations *conversations);

/* Who sent the first frame of the frame's conversation: `from`, if it is this one. */
unsigned conversations_initiator(Conversations *conversations, const void *frame, size_t size,
                                 unsigned from);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Conversations, conversations_free)

#endif
