/* SPDX-License-Identifier: GPL-3.0-or-later */
/* count.c: counts for ever, in registers alone. */
#include "board.h"

void program(void)
{
    print("counting\n");
    for (uint32_t n = 0;; n++)
        __asm__ volatile("" : "+r"(n));
}
