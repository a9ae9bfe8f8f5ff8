/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bridge.c: what comes by the console goes out by serial port 1, and the other way round. Of two such
 * boards with a line between their ports 1, each console says what the other one is sent.
 */
#include "board.h"

void program(void)
{
    if (board_ports() < 2)
        print("there is no second port\n");
    else
        print("bridge\n");
    for (;;) {
        for (unsigned port = 0; port < 2 && board_ports() > 1; port++)
            for (int c; (c = board_get(port)) >= 0;)
                board_put(1 - port, (char)c);
        board_wait();
    }
}
