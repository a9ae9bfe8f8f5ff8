/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * riscv32.c: virt without firmware: one 16550, CLINT, PLIC, and the test device that ends QEMU.
 * Interrupts are enabled one by one and masked as a whole: WFI returns when one is pending.
 */
#include "semihosting.h"

enum {
    UART = 0x10000000,
    UART_IRQ = 10,
    PLIC = 0x0c000000,
    CLINT = 0x02000000,
    TEST = 0x00100000,
    TEST_RESET = 0x7777,
    TEST_PASS = 0x5555,
    TEST_FAIL = 0x3333,
    PER_US = 10,
    RESETS = 0x80400000,
};

extern char bss_start[], bss_end[], trap[];

static uint32_t period;
static uint64_t deadline;

__asm__(".section .start, \"ax\"\n"
        ".global _start\n"
        "_start: la sp, stack_top\n"
        "    j start\n"
        "    .balign 4\n"
        "trap: csrr a0, mepc\n"
        "    la sp, stack_top\n"
        "    j board_fault\n"
        "    .balign 16\n" /* the three instructions of a call lie in one page */
        "    .global semihosting_call\n"
        "semihosting_call:\n"
        "    .option push\n"
        "    .option norvc\n"
        "    slli x0, x0, 0x1f\n"
        "    ebreak\n"
        "    srai x0, x0, 7\n"
        "    .option pop\n"
        "    ret\n"
        "    .text\n");

void start(void);

void start(void)
{
    for (volatile char *p = bss_start; p != bss_end; p++)
        *p = 0;
    __asm__ volatile("csrw mtvec, %0" : : "r"(trap));
    *(volatile uint8_t *)(UART + 1) = 1; /* IER: received */
    *reg(PLIC + 4 * UART_IRQ) = 1;       /* priority */
    *reg(PLIC + 0x2000) = 1u << UART_IRQ;
    *reg(PLIC + 0x200000) = 0;                       /* threshold */
    __asm__ volatile("csrw mie, %0" : : "r"(0x880)); /* timer, external */
    program();
}

unsigned board_ports(void)
{
    return 1;
}

void board_put(unsigned port, char c)
{
    (void)port;
    *(volatile uint8_t *)UART = (uint8_t)c;
}

int board_get(unsigned port)
{
    (void)port;
    return *(volatile uint8_t *)(UART + 5) & 1 ? *(volatile uint8_t *)UART : -1;
}

static uint64_t now(void)
{
    uint32_t high, low;

    do {
        high = *reg(CLINT + 0xbffc);
        low = *reg(CLINT + 0xbff8);
    } while (high != *reg(CLINT + 0xbffc));
    return (uint64_t)high << 32 | low;
}

static void aim(void)
{
    *reg(CLINT + 0x4004) = UINT32_MAX;
    *reg(CLINT + 0x4000) = (uint32_t)deadline;
    *reg(CLINT + 0x4004) = (uint32_t)(deadline >> 32);
}

void board_tick_start(uint32_t period_us)
{
    period = period_us * PER_US;
    deadline = now() + period;
    aim();
}

unsigned board_tick(void)
{
    if (period == 0 || now() < deadline)
        return 0;
    deadline += period;
    aim();
    return 1;
}

uint32_t board_tick_us(void)
{
    return ((uint32_t)now() - (uint32_t)(deadline - period)) / PER_US;
}

void board_wait(void)
{
    uint32_t irq;

    __asm__ volatile("wfi");
    irq = *reg(PLIC + 0x200004); /* taken, … */
    if (irq)
        *reg(PLIC + 0x200004) = irq; /* … and done: it stays as long as the port has something */
}

void board_off(unsigned status)
{
    *reg(TEST) = status == 0 ? TEST_PASS : status << 16 | TEST_FAIL;
}

void board_reset(void)
{
    *reg(TEST) = TEST_RESET;
}

bool board_watchdog(void)
{
    return false;
}

volatile uint32_t *board_resets(void)
{
    return reg(RESETS);
}
