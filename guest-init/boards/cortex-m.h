/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cortex-m.h: what the Cortex-M boards share: vectors, SysTick and NVIC (cortex-m.c). */
#include "board.h"

extern const uint32_t cortex_m_mhz_x2; /* the CPU's clock in 500 kHz */

void board_start(void); /* serial ports */

/* The board's interrupts that end board_wait(); ended by -1. */
extern const int cortex_m_irqs[];
