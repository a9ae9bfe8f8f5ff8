/* SPDX-License-Identifier: GPL-3.0-or-later */
/* calls.c: calls functions round after round, each of which leaves a variable changed: something for
 * a debugger to step through. */
#include "board.h"

enum { WAYS = 7 };

/* As a debugger sees a function of a program that is not optimized. */
#define FUNCTION __attribute__((noinline, noclone, noipa))

volatile uint32_t rounds, last, total;

FUNCTION uint32_t square(uint32_t n)
{
    volatile uint32_t sum = 0;

    for (uint32_t i = 0; i < n; i++)
        sum += n;
    return sum;
}

FUNCTION void add(uint32_t n)
{
    last = square(n);
    total += last;
}

void program(void)
{
    print("calling\n");
    for (;;) {
        rounds++;
        add(rounds % WAYS);
    }
}
