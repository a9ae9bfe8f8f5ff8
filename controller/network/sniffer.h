/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sniffer.h: from the network's events to what a capture holds: each frame once, in the order of
 * time. Pure.
 *
 * A capture file has one time for each frame, and a frame has two: when it was sent and when it was
 * delivered. A round trip is from the sending of the question to the delivery of the answer. So of
 * each conversation (conversation.h) the view of the card that began it is taken, as if a sniffer sat
 * there: what this card sent has the time of its sending, what came to it that of its delivery. Then
 * response times, windows and retransmissions are those that this card knows. With `at_delivery` all
 * frames have the time of their delivery: an order of causes, but a round trip then lacks its first
 * half.
 *
 * What was lost, or is under way at the end, is there too, with a note: when it was sent, if the card
 * whose view is taken sent it, else when it was lost.
 *
 * A frame that a switch floods is one frame: that of the receiver it is meant for, if there is one,
 * else of the first. What a link duplicates is there twice.
 *
 * A frame is told when its fate is known and none before it can come any more. That keeps one back
 * for as long as it is under way.
 */
#ifndef NETWORK_SNIFFER_H
#define NETWORK_SNIFFER_H

#include "controller/network/network.h"

typedef enum {
    SNIFF_ALL,  /* what cards send and receive */
    SNIFF_LINK, /* what passes one link; its ends take the place of cards */
    SNIFF_PORT, /* what one card sends and receives */
} SniffScope;

typedef struct {
    SniffScope scope;
    unsigned index; /* of the link or port */
    bool both; /* each frame twice: when it was sent and when it was delivered, no note of loss */
    bool at_delivery; /* see above; of no meaning with SNIFF_PORT */
} SniffOptions;

/* A frame of the capture; all of it is valid during the call only. */
typedef struct {
    VTime at;
    NetEnd place;     /* which end's view it is */
    bool sent;        /* by it, else received */
    bool seen;        /* false: it never came to the card whose view is taken */
    const char *note; /* NULL; or "late", "carried", "duplicate", "lost: …", "under way" */
    const uint8_t *data;
    size_t size;
} SniffFrame;

/* Frames come in the order of their time. */
typedef void (*SniffFunc)(const SniffFrame *frame, void *data);

typedef struct Sniffer Sniffer;

Sniffer *sniffer_new(const Network *net, const SniffOptions *options, SniffFunc func, void *data);

/* Takes NULL. What was not told yet is forgotten. */
void sniffer_free(Sniffer *sniffer);

/* To be called with each event of the network. */
void sniffer_event(Sniffer *sniffer, const NetEvent *event);

/* The capture ends at `now`: what is under way is told. */
void sniffer_finish(Sniffer *sniffer, VTime now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sniffer, sniffer_free)

#endif
