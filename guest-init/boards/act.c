/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * act.c: says hello, then does what the last word of its command line says (append=, which needs
 * -semihosting where the board is no PC):
 *   xN  exits with status N, a digit    r  resets itself, twice, and sleeps
 *   oN  powers off by the board's own device, with status N where it has one
 *   f   executes what is no instruction: its handler tells where, and exits with status 9
 *   w   lets its watchdog bite, which resets it; sleeps the second time
 *   s   sleeps
 */
#include "board.h"

enum { RESETS = 2 };

static void sleep(void)
{
    for (;;)
        board_wait();
}

static void act(const char *what)
{
    volatile uint32_t *resets = board_resets();

    switch (*what) {
    case 'x':
        board_exit((unsigned)(what[1] - '0'));
        print("no exit\n");
        break;
    case 'o':
        board_off((unsigned)(what[1] - '0'));
        print("no power off\n");
        break;
    case 'r':
        if (*resets < RESETS) {
            ++*resets;
            board_reset();
            print("no reset\n");
        }
        break;
    case 'w':
        if (++*resets == 1 && !board_watchdog())
            print("no watchdog\n");
        break;
    case 'f':
        board_fault_exits = true;
        __builtin_trap();
    default:
        break;
    }
}

void program(void)
{
    print("hello from metronome\n");
    act(board_argument());
    sleep();
}
