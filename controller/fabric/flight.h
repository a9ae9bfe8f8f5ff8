/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flight.h: a frame under way to a guest, from where its port takes it to where the guest has it; or
 * what a card that is ahead of the network reports of one (port.h).
 */
#ifndef FABRIC_FLIGHT_H
#define FABRIC_FLIGHT_H

#include "controller/network/network.h"

typedef struct {
    VTime due;      /* at the card */
    VTime at;       /* when it is to be handed over; of a report: when it was sent or taken in */
    VTime boundary; /* of a report: where this became known */
    const uint8_t *data; /* stays until it is settled; NULL in a report */
    size_t size;
    unsigned id;           /* counts what goes to the port, alike on both sides */
    bool taken;            /* of a report: else the card has refused it */
    bool carried;          /* kept back, since the card had its fill */
    NetDelivery *delivery; /* the network's; NULL: elsewhere, and the bytes are the flight's own */
    Network *net;          /* whose delivery it is */

    /* On the card (nic.c): */
    int64_t at_us;    /* `at` in the node's own time; 0: at the boundary */
    int64_t given_us; /* when it was handed over, likewise */
    int weight;       /* in the socket, once sent */
    bool certain;     /* sent, and the card won't filter it out */
} Flight;

#endif
