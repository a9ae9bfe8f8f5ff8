/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tick.c: sleeps, and is woken every 10 ms of virtual time; says "tick N" for each 100th. */
#include "board.h"

enum { PERIOD_US = 10000, TICKS_A_LINE = 100 };

void program(void)
{
    uint32_t ticks = 0, in_line = 0;

    board_tick_start(PERIOD_US);
    for (;;) {
        board_wait();
        for (unsigned n = board_tick(); n > 0; n--) {
            ticks++;
            if (++in_line < TICKS_A_LINE)
                continue;
            in_line = 0;
            print("tick ");
            print_number(ticks);
            print("\n");
        }
    }
}
