/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flight.h: a flight is a frame on its way to a guest, from the moment its port takes it to the
 * moment the guest has it. A flight is also one report of a card that runs ahead of the network
 * (port.h).
 */
#ifndef FABRIC_FLIGHT_H
#define FABRIC_FLIGHT_H

#include "controller/network/network.h"

typedef struct {
    VTime due;      /* when the frame is due at the card */
    VTime at;       /* when the frame is to be handed over; report: when it was sent or taken in */
    VTime boundary; /* report: boundary at which the event became known */
    const uint8_t *data; /* valid until the flight is settled; NULL in a report */
    size_t size;
    unsigned id;           /* counts the port's frames; both sides of the port count alike */
    bool taken;            /* report: true: the card took the frame; false: refused it */
    bool carried;          /* the frame was kept back, as the card had its fill */
    NetDelivery *delivery; /* owned by `net`; NULL: none, and the flight owns `data` */
    Network *net;          /* the network of `delivery` */

    /* Set by the card (nic.c): */
    int64_t at_us;    /* `at` in the node's own µs; 0: at the boundary */
    int64_t given_us; /* when the frame was handed over, likewise */
    int weight;       /* bytes that the frame takes in the socket, once sent */
    unsigned buffers; /* the frame was sent: buffers of the card's ring that it takes */
    bool certain;     /* the frame was sent, and the card won't filter it out */
} Flight;

#endif
