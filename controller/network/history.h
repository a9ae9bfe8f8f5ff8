/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history.h: what was done to a network's topology, in order, so that another network can be made
 * the same: same indices, same random numbers. What is on its way is no part of it.
 */
#ifndef NETWORK_HISTORY_H
#define NETWORK_HISTORY_H

#include "controller/network/network.h"

/* Does it here too; false if it can't be, as it is not what a network of the same history has
 * done. */
bool network_repeat(Network *net, const NetOp *op, GError **error);

#endif
