/* SPDX-License-Identifier: GPL-3.0-or-later */
/* an385.c: mps2-an385 (Cortex-M3) and mps2-an386 (Cortex-M4): CMSDK UARTs and watchdog, LAN9118. */
#include "cortex-m.h"

enum {
    UART = 0x40004000, /* and another one behind it */
    UART_SIZE = 0x1000,
    UARTS = 2,
    WATCHDOG = 0x40008000,
    LAN9118 = 0x40200000,
};

const uint32_t cortex_m_mhz_x2 = 50;
const int cortex_m_irqs[] = {0, 2, 13, -1}; /* received by UART 0, by UART 1, LAN9118 */

void board_start(void)
{
    for (uint32_t i = 0; i < UARTS; i++) {
        *reg(UART + i * UART_SIZE + 0x10) = 16; /* BAUDDIV */
        *reg(UART + i * UART_SIZE + 8) = 0xb;   /* CTRL: send, receive, interrupt on received */
    }
}

unsigned board_ports(void)
{
    return UARTS;
}

void board_put(unsigned port, char c)
{
    while (*reg(UART + port * UART_SIZE + 4) & 1) /* full */
        ;
    *reg(UART + port * UART_SIZE) = (unsigned char)c;
}

int board_get(unsigned port)
{
    uint32_t uart = UART + port * UART_SIZE;

    if (!(*reg(uart + 4) & 2))
        return -1;
    *reg(uart + 12) = 2; /* the interrupt is served */
    return (int)(*reg(uart) & 0xff);
}

bool board_watchdog(void)
{
    *reg(WATCHDOG + 0xc00) = 0x1acce551; /* unlocked */
    *reg(WATCHDOG) = 25000;              /* 1 ms, and as much again */
    *reg(WATCHDOG + 8) = 3;              /* interrupt, then reset */
    return true;
}

/* --- LAN9118 --- */

#define LAN(offset) reg(LAN9118 + (offset))

#define MAC_BUSY (1u << 31)
#define MAC_READ (1u << 30)

enum { MAC_CR = 1, MAC_ADDRH = 2, MAC_ADDRL = 3 };

static void mac_write(uint32_t index, uint32_t value)
{
    *LAN(0xa8) = value;
    *LAN(0xa4) = MAC_BUSY | index;
}

static uint32_t mac_read(uint32_t index)
{
    *LAN(0xa4) = MAC_BUSY | MAC_READ | index;
    return *LAN(0xa8);
}

bool board_net_start(uint8_t mac[6])
{
    uint32_t low = mac_read(MAC_ADDRL), high = mac_read(MAC_ADDRH);

    for (int i = 0; i < 6; i++)
        mac[i] = (uint8_t)((i < 4 ? low : high) >> i % 4 * 8);
    *LAN(0x54) = 0x111;          /* IRQ_CFG: on, active high, push-pull */
    *LAN(0x68) = 0;              /* FIFO_INT: from the first frame on */
    *LAN(0x5c) = 8;              /* INT_EN: received */
    *LAN(0x70) = 2;              /* TX_CFG: on */
    mac_write(MAC_CR, 0x10000c); /* full duplex, send, receive */
    return true;
}

void board_net_send(const uint8_t *frame, size_t size)
{
    *LAN(0x20) = 0x3000 | size; /* first and last segment */
    *LAN(0x20) = size;
    for (size_t i = 0; i < size; i += 4)
        *LAN(0x20) = (uint32_t)frame[i] | (uint32_t)frame[i + 1] << 8 |
                     (uint32_t)frame[i + 2] << 16 | (uint32_t)frame[i + 3] << 24;
    (void)*LAN(0x48); /* its status is taken away */
}

size_t board_net_receive(uint8_t frame[FRAME_MAX])
{
    size_t size;

    *LAN(0x58) = 8; /* served */
    if (!(*LAN(0x7c) & 0xff0000))
        return 0;
    size = *LAN(0x40) >> 16 & 0x3fff; /* with its checksum */
    for (size_t i = 0; i < size; i += 4) {
        uint32_t word = *LAN(0);

        for (size_t j = i; j < i + 4 && j < FRAME_MAX; j++)
            frame[j] = (uint8_t)(word >> j % 4 * 8);
    }
    return size - 4;
}
