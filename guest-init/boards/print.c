/* SPDX-License-Identifier: GPL-3.0-or-later */
/* print.c: text and numbers on the console, and the last words of a program that failed. */
#include "board.h"

bool board_fault_exits;

void print(const char *text)
{
    while (*text)
        board_put(0, *text++);
}

void print_number(uint32_t number)
{
    char digits[11];
    char *p = digits + sizeof(digits) - 1;

    *p = 0;
    do {
        *--p = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    print(p);
}

void board_fault(uint32_t pc)
{
    static const char hex[] = "0123456789abcdef";

    print("fault at 0x");
    for (int shift = 28; shift >= 0; shift -= 4)
        board_put(0, hex[pc >> shift & 15]);
    print("\n");
    if (board_fault_exits)
        board_exit(9);
    for (;;)
        board_wait();
}
