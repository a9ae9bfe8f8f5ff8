/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lm3s.c: lm3s6965evb (Cortex-M3, Stellaris): PL011s, its own Ethernet and watchdog. */
#include "cortex-m.h"
#include "pl011.h"

enum {
    WATCHDOG = 0x40000000,
    UART = 0x4000c000, /* and two more behind it */
    UART_SIZE = 0x1000,
    UARTS = 3,
    ENET = 0x40048000,
};

const uint32_t cortex_m_mhz_x2 = 25;
const int cortex_m_irqs[] = {5, 6, 33, 42, -1}; /* UART 0, 1, 2, Ethernet */

void board_start(void)
{
    for (uint32_t i = 0; i < UARTS; i++)
        pl011_start(UART + i * UART_SIZE);
}

unsigned board_ports(void)
{
    return UARTS;
}

void board_put(unsigned port, char c)
{
    pl011_put(UART + port * UART_SIZE, c);
}

int board_get(unsigned port)
{
    return pl011_get(UART + port * UART_SIZE);
}

bool board_watchdog(void)
{
    *reg(WATCHDOG + 0xc00) = 0x1acce551;
    *reg(WATCHDOG) = 12500; /* 1 ms, and as much again */
    *reg(WATCHDOG + 8) = 3;
    return true;
}

/* --- Ethernet --- */

#define ETH(offset) reg(ENET + (offset))

bool board_net_start(uint8_t mac[6])
{
    uint32_t low = *ETH(0x14), high = *ETH(0x18);

    for (int i = 0; i < 6; i++)
        mac[i] = (uint8_t)((i < 4 ? low : high) >> i % 4 * 8);
    *ETH(0x08) = 1; /* RCTL: receive */
    *ETH(0x0c) = 7; /* TCTL: send, pad, checksum */
    *ETH(0x04) = 1; /* IM: received */
    return true;
}

/* In front of a frame are 2 bytes for its length. */
void board_net_send(const uint8_t *frame, size_t size)
{
    uint32_t word = (uint32_t)(size - 14) & 0xffff;
    unsigned n = 2;

    for (size_t i = 0; i < size; i++) {
        word |= (uint32_t)frame[i] << n * 8;
        if (++n == 4) {
            *ETH(0x10) = word;
            word = n = 0;
        }
    }
    if (n > 0)
        *ETH(0x10) = word;
    *ETH(0x38) = 1;
}

size_t board_net_receive(uint8_t frame[FRAME_MAX])
{
    uint32_t word;
    size_t size;

    *ETH(0) = 1; /* served */
    if (*ETH(0x34) == 0)
        return 0;
    word = *ETH(0x10);
    size = (word & 0xffff) - 6; /* length and checksum */
    for (size_t i = 0; i < size + 4; i++) {
        if (i % 4 == 2)
            word = *ETH(0x10);
        if (i < FRAME_MAX)
            frame[i] = (uint8_t)(word >> (i + 2) % 4 * 8);
    }
    return size;
}
