/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * board.h: what a machine of QEMU's fixes. A general machine (virt, pc, …) takes any CPU, as much
 * RAM as is asked for, and cards on a bus. A board has its own CPU, its own RAM and its own cards.
 * Pure.
 */
#ifndef QEMU_BOARD_H
#define QEMU_BOARD_H

#include <stdbool.h>

typedef struct {
    bool general;
    bool fixed_ram;   /* QEMU refuses or ignores -m */
    const char *card; /* QEMU's device of the card that is on the board; NULL: none is known of */
    bool spi_sd;      /* has an SD card by SPI, whose state QEMU can't load */
} Board;

/* machine: as for -machine, with options; NULL: a general one. */
Board board_of(const char *machine);

/* Whether the machine is of this name, which is matched as a whole. */
bool board_is(const char *machine, const char *name);

/* The machine's name in -machine's value; *length: its length. */
const char *board_name(const char *machine, int *length);

#endif
