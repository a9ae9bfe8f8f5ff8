/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history.h: repeats the changes of a network's topology, in order, so that another network becomes
 * equal: same indices, same random numbers. Frames on their way are not part of the history.
 */
#ifndef NETWORK_HISTORY_H
#define NETWORK_HISTORY_H

#include "controller/network/network.h"

/* Applies a change to this network too. Returns false if the change does not fit, because this
 * network has another history. */
bool network_repeat(Network *net, const NetOp *op, GError **error);

#endif
