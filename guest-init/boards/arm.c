/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arm.c: virt with a Cortex-A15: PL011s, generic timer, GICv2. IRQs stay masked: WFI returns when one
 * is pending. The second port is there with secure=on, or with a second -serial from QEMU 9.1 on.
 */
#include "pl011.h"
#include "semihosting.h"

enum {
    UART = 0x09000000,
    UART2 = 0x09040000,
    GICD = 0x08000000,
    GICC = 0x08010000,
    UART_IRQ = 33,
    UART2_IRQ = 40,
    TIMER_IRQ = 27,
    RESETS = 0x40400000,
};

#define PSCI_SYSTEM_OFF   0x84000008
#define PSCI_SYSTEM_RESET 0x84000009

#define READ_CP15(value, place)  __asm__ volatile("mrc " place : "=r"(value))
#define WRITE_CP15(value, place) __asm__ volatile("mcr " place : : "r"(value))
#define CNTV_CTL                 "p15, 0, %0, c14, c3, 1"
#define CNTFRQ                   "p15, 0, %0, c14, c0, 0"
#define VBAR                     "p15, 0, %0, c12, c0, 0"

extern char bss_start[], bss_end[], vectors[];

volatile uint32_t aborts; /* by the vectors below */
static unsigned ports = 1;
static uint32_t period, per_us;
static uint64_t deadline;

__asm__(".section .start, \"ax\"\n"
        ".global _start\n"
        "_start: cpsid if\n"
        "    ldr sp, =stack_top\n"
        "    bl start\n"
        "    .ltorg\n"
        "    .balign 32\n"
        "vectors: b .\n"
        "    b undefined\n"
        "    b .\n"
        "    b undefined\n" /* prefetch abort */
        "    b data_abort\n"
        "    b .\n"
        "    b .\n"
        "    b .\n"
        "undefined: sub r0, lr, #4\n"
        "    ldr sp, =stack_top\n"
        "    bl board_fault\n"
        "data_abort: ldr sp, =stack_top - 1024\n" /* counts, and goes on behind the instruction */
        "    push {r0, r1}\n"
        "    ldr r0, =aborts\n"
        "    ldr r1, [r0]\n"
        "    add r1, r1, #1\n"
        "    str r1, [r0]\n"
        "    pop {r0, r1}\n"
        "    subs pc, lr, #4\n"
        "    .ltorg\n"
        "    .global semihosting_call\n"
        "semihosting_call: mov r2, lr\n"
        "    svc 0x123456\n"
        "    bx r2\n"
        "    .arch_extension virt\n"
        "hypervisor_call: hvc #0\n"
        "    bx lr\n"
        "    .text\n");

void start(void);
void hypervisor_call(uint32_t function); /* above */

void start(void)
{
    for (volatile char *p = bss_start; p != bss_end; p++)
        *p = 0;
    WRITE_CP15(vectors, VBAR);
    (void)*reg(UART2 + 0x18);
    ports = aborts > 0 ? 1 : 2;
    *reg(GICD + 0x100) = 1u << TIMER_IRQ; /* ISENABLER: timer; serial ports, which are 33 and 40 */
    *reg(GICD + 0x104) = 1u << UART_IRQ % 32 | 1u << UART2_IRQ % 32;
    *reg(GICD + 0x820) = 0x01010101; /* ITARGETSR: this CPU */
    *reg(GICD + 0x828) = 0x01010101;
    *reg(GICD) = 1;
    *reg(GICC + 4) = 0xff; /* PMR: every priority */
    *reg(GICC) = 1;
    pl011_start(UART);
    if (ports > 1)
        pl011_start(UART2);
    program();
}

unsigned board_ports(void)
{
    return ports;
}

void board_put(unsigned port, char c)
{
    pl011_put(port ? UART2 : UART, c);
}

int board_get(unsigned port)
{
    return pl011_get(port ? UART2 : UART);
}

static uint64_t now(void)
{
    uint32_t low, high;

    __asm__ volatile("isb\n mrrc p15, 1, %0, %1, c14" : "=r"(low), "=r"(high));
    return (uint64_t)high << 32 | low;
}

static void aim(void)
{
    __asm__ volatile("mcrr p15, 3, %Q0, %R0, c14\n isb" : : "r"(deadline));
}

void board_tick_start(uint32_t period_us)
{
    uint32_t hz;

    READ_CP15(hz, CNTFRQ);
    per_us = hz / 100000; /* tenths: 62.5 MHz */
    period = period_us / 10 * per_us;
    deadline = now() + period;
    aim();
    WRITE_CP15(1, CNTV_CTL);
}

unsigned board_tick(void)
{
    if (now() < deadline)
        return 0;
    deadline += period;
    aim();
    return 1;
}

uint32_t board_tick_us(void)
{
    return ((uint32_t)now() - (uint32_t)(deadline - period)) * 10 / per_us;
}

void board_wait(void)
{
    __asm__ volatile("wfi");
}

void board_off(unsigned status)
{
    (void)status;
    hypervisor_call(PSCI_SYSTEM_OFF);
}

void board_reset(void)
{
    hypervisor_call(PSCI_SYSTEM_RESET);
}

bool board_watchdog(void)
{
    return false;
}

volatile uint32_t *board_resets(void)
{
    return reg(RESETS);
}
