/* SPDX-License-Identifier: GPL-3.0-or-later */
/* semihosting.h: the instruction by which a board asks QEMU. */
#include "board.h"

int semihosting_call(int operation, void *block);
