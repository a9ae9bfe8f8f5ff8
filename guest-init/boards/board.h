/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * board.h: what a program can ask of a board. One program (tick.c, echo.c, …) and the files of one
 * board make a bare-metal image. Interrupts stay masked in the CPU: they only end board_wait(), and
 * what happened is then polled. So one loop serves all, and no handler is needed.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 1514

/* The program. It never returns. */
void program(void);

/* Number of serial ports that answer; port 0 is the console. */
unsigned board_ports(void);
void board_put(unsigned port, char c);
int board_get(unsigned port); /* a byte; -1: none is there */

/* Makes an interrupt every period_us from now on. Exact, and at most 100 ms. */
void board_tick_start(uint32_t period_us);
/* How many ticks passed since the last call: 0 or 1 while the program keeps up. */
unsigned board_tick(void);
/* Microseconds since the last tick. */
uint32_t board_tick_us(void);

/* Sleeps until an interrupt of a port, the tick or the card is pending. */
void board_wait(void);

/* The last word of the command line, by semihosting (`extra=-semihosting`) or from multiboot. */
const char *board_argument(void);

/* Ends QEMU with a status, by semihosting or a device. Returns if there is neither. */
void board_exit(unsigned status);
/* Powers the machine off by a device, with a status if the device has one (riscv32). Returns if there
 * is none. */
void board_off(unsigned status);
void board_reset(void);
/* Starts a watchdog that nobody feeds. Returns at once; false: the board has none. */
bool board_watchdog(void);
/* How often the board was reset, from memory that no reset loads anew; counted by the caller. */
volatile uint32_t *board_resets(void);

/* The network card. false: the board has none. */
bool board_net_start(uint8_t mac[6]);
void board_net_send(const uint8_t *frame, size_t size);
size_t board_net_receive(uint8_t frame[FRAME_MAX]); /* 0: none is there */

/* Called by the board's handler of faults: prints where, and, if asked for, exits with status 9. */
void board_fault(uint32_t pc);
extern bool board_fault_exits;

/* --- print.c --- */
void print(const char *text);
void print_number(uint32_t number);

static inline volatile uint32_t *reg(uint32_t address)
{
    return (volatile uint32_t *)(uintptr_t)address;
}

#endif
