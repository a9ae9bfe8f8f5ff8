/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cortex-m.c: a Cortex-M core. PRIMASK stays set: WFI returns when an interrupt is pending. */
#include "cortex-m.h"
#include "semihosting.h"

#define SYST_CSR    reg(0xe000e010)
#define SYST_RVR    reg(0xe000e014)
#define SYST_CVR    reg(0xe000e018)
#define NVIC_ISER   0xe000e100
#define NVIC_ICPR   0xe000e280
#define ICSR        reg(0xe000ed04)
#define PENDSTSET   (1u << 26)
#define PENDSTCLR   (1u << 25)
#define AIRCR       reg(0xe000ed0c)
#define SYSRESETREQ 0x05fa0004
#define RAM         0x20000000

extern char stack_top[], bss_start[], bss_end[];
extern void *const vectors[];

static uint32_t period;

__asm__(".text\n"
        "    .thumb_func\n"
        "on_fault: ldr r0, [sp, #24]\n" /* on the stack: r0 to r3, r12, lr, pc, xpsr */
        "    b board_fault\n"
        "    .global semihosting_call\n"
        "    .thumb_func\n"
        "semihosting_call: bkpt 0xab\n"
        "    bx lr\n");

void on_fault(void);

static void start(void)
{
    __asm__ volatile("cpsid i");
    for (volatile char *p = bss_start; p != bss_end; p++)
        *p = 0;
    board_start();
    for (const int *irq = cortex_m_irqs; *irq >= 0; irq++)
        *reg(NVIC_ISER + 4 * ((uint32_t)*irq / 32)) = 1u << *irq % 32;
    program();
}

/* A watchdog's first warning: its reset follows. */
static void on_nmi(void)
{
}

__attribute__((section(".vectors"), used)) void *const vectors[16] = {
    stack_top, start, on_nmi, on_fault, on_fault, on_fault, on_fault};

void board_tick_start(uint32_t period_us)
{
    period = period_us * cortex_m_mhz_x2 / 2;
    *SYST_RVR = period - 1;
    *SYST_CVR = 0;
    *SYST_CSR = 7; /* on, with its interrupt, by the CPU's clock */
}

unsigned board_tick(void)
{
    if (!(*ICSR & PENDSTSET))
        return 0;
    *ICSR = PENDSTCLR;
    return 1;
}

uint32_t board_tick_us(void)
{
    return (period - 1 - *SYST_CVR) * 2 / cortex_m_mhz_x2;
}

void board_wait(void)
{
    __asm__ volatile("wfi");
    for (const int *irq = cortex_m_irqs; *irq >= 0; irq++)
        *reg(NVIC_ICPR + 4 * ((uint32_t)*irq / 32)) = 1u << *irq % 32;
}

void board_off(unsigned status)
{
    (void)status;
}

void board_reset(void)
{
    *AIRCR = SYSRESETREQ;
}

volatile uint32_t *board_resets(void)
{
    return reg(RAM + 0xfff0);
}
