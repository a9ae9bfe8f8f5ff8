/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sniffer.h: turns the network's events into the contents of a capture: each frame once, in the
 * order of time. Pure.
 *
 * A frame in a capture file has one time, but a frame on the network has two: the send and the
 * delivery. A round trip lasts from the send of the question to the delivery of the answer. So the
 * capture shows each conversation (conversation.h) from the view of the card that began the
 * conversation, as if a sniffer sat there: frames from this card have the time of their send,
 * frames to this card have the time of their delivery. Then response times, windows and
 * retransmissions are those that this card observes. With `at_delivery` all frames have the time of
 * their delivery: this is an order of causes, but a round trip then lacks its first half.
 *
 * Frames that were lost, or are under way at the end, are in the capture with a note. Their time is
 * the send if the viewing card sent the frame, otherwise the loss.
 *
 * A frame that a switch floods is one frame in the capture: the copy at the receiver that the frame
 * is addressed to, otherwise the first copy. A frame that a link duplicates is in the capture
 * twice.
 *
 * A frame is reported when its fate is known and no earlier frame can follow. So a frame under way
 * holds back the frames behind it.
 */
#ifndef NETWORK_SNIFFER_H
#define NETWORK_SNIFFER_H

#include "controller/network/network.h"

typedef enum {
    SNIFF_ALL,  /* frames that cards send and receive */
    SNIFF_LINK, /* frames on one link; the link's ends take the place of cards */
    SNIFF_PORT, /* frames that one card sends and receives */
} SniffScope;

typedef struct {
    SniffScope scope;
    unsigned index;   /* of the link or port */
    bool both;        /* each frame twice, at its send and at its delivery; no note of loss */
    bool at_delivery; /* see above; no effect with SNIFF_PORT */
} SniffOptions;

/* A frame of the capture. All members are valid during the call only. */
typedef struct {
    VTime at;
    NetEnd place;     /* the end whose view is shown */
    bool sent;        /* sent by that end, otherwise received */
    bool seen;        /* false: the frame never reached the viewing card */
    const char *note; /* NULL; or "late", "carried", "duplicate", "lost: …", "under way" */
    const uint8_t *data;
    size_t size;
} SniffFrame;

/* Receives the frames in the order of their time. */
typedef void (*SniffFunc)(const SniffFrame *frame, void *data);

typedef struct Sniffer Sniffer;

/* Creates a sniffer. `func` receives the frames within sniffer_event() and sniffer_finish(). */
Sniffer *sniffer_new(const Network *net, const SniffOptions *options, SniffFunc func, void *data);

/* NULL is allowed. Frames not reported yet are dropped. */
void sniffer_free(Sniffer *sniffer);

/* Processes one event; call this function with each event of the network. */
void sniffer_event(Sniffer *sniffer, const NetEvent *event);

/* Ends the capture at `now` and reports the frames under way. */
void sniffer_finish(Sniffer *sniffer, VTime now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sniffer, sniffer_free)

#endif
