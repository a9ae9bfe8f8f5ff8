/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * semi.c: writes by semihosting, then does what the last word of its command line says:
 *   xN  says "tick N" by semihosting every 10 ms; behind the fifth, exits with status N, a digit
 *   b   writes 3,000 lines at once, some 100 KB
 *   c   says the time of SYS_ELAPSED every 10 ms, which is the host's
 *   f   writes a file "semihosting.txt" on the host
 *   s   says "tick N" for ever
 */
#include "semihosting.h"

enum { PERIOD_US = 10000, EXIT_TICK = 5, LINES = 3000 };

static void number(uint32_t value)
{
    char digits[11];
    char *p = digits + sizeof(digits) - 1;

    *p = 0;
    do {
        *--p = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    semihosting_print(p);
}

static void say(const char *text, uint32_t value)
{
    semihosting_print(text);
    number(value);
    semihosting_print("\n");
}

static void act(const char *what, uint32_t tick)
{
    if (*what == 'c')
        say("elapsed ", semihosting_elapsed());
    else
        say("tick ", tick);
    if (*what == 'x' && tick == EXIT_TICK)
        board_exit((unsigned)(what[1] - '0'));
}

void program(void)
{
    const char *what = board_argument();
    int handle = semihosting_open(":tt", SEMIHOSTING_WRITE);

    print("hello from metronome\n");
    semihosting_print("by a string\n");
    semihosting_write(handle, "by a handle\n", 12);
    if (*what == 'f') {
        handle = semihosting_open("semihosting.txt", SEMIHOSTING_WRITE);
        say("file ", (uint32_t)semihosting_write(handle, "by the guest\n", 13));
    }
    for (unsigned i = 0; *what == 'b' && i < LINES; i++)
        say("a line of some length, and its number ", i);
    board_tick_start(PERIOD_US);
    for (uint32_t tick = 0;;) {
        board_wait();
        for (unsigned n = board_tick(); n > 0; n--)
            act(what, ++tick);
    }
}
