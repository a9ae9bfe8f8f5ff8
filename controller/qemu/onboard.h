/* SPDX-License-Identifier: GPL-3.0-or-later */
/* onboard.h: whether QEMU's machine has taken the cards of nic-model=onboard. */
#ifndef QEMU_ONBOARD_H
#define QEMU_ONBOARD_H

#include "controller/qemu/node.h"

/* Whether text, of QEMU's `info network`, has netdev number nic at a card. Pure. */
bool onboard_is_bound(const char *text, unsigned nic);

/* Asks a QEMU that was just launched. QEMU itself only warns about a card that no board took. */
bool onboard_check(Node *node, GError **error);

#endif
