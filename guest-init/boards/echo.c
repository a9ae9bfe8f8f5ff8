/* SPDX-License-Identifier: GPL-3.0-or-later */
/* echo.c: each serial port gets back what came by it. Says on each port which it is, and sleeps. */
#include "board.h"

void program(void)
{
    for (unsigned port = 0; port < board_ports(); port++) {
        static const char hello[] = "port ";

        for (const char *p = hello; *p; p++)
            board_put(port, *p);
        board_put(port, (char)('0' + port));
        board_put(port, '\n');
    }
    for (;;) {
        for (unsigned port = 0; port < board_ports(); port++)
            for (int c; (c = board_get(port)) >= 0;)
                board_put(port, (char)c);
        board_wait();
    }
}
