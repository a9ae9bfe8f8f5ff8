/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pl011.h: Arm's PL011 serial port, as QEMU has it: it sends without a wait. */
#include "board.h"

static inline void pl011_start(uint32_t base)
{
    *reg(base + 0x30) = 0x301; /* UARTCR: UART, transmitter and receiver on */
    *reg(base + 0x38) = 0x50;  /* UARTIMSC: received, and received some time ago */
}

static inline void pl011_put(uint32_t base, char c)
{
    *reg(base) = (unsigned char)c;
}

static inline int pl011_get(uint32_t base)
{
    return *reg(base + 0x18) & 0x10 /* UARTFR: nothing received */ ? -1 : (int)(*reg(base) & 0xff);
}
