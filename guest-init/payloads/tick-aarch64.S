// SPDX-License-Identifier: GPL-3.0-or-later
// Sleeps, and is woken every 10 ms of virtual time by the generic timer; says "tick N" for each 100th.
//
// Deadlines are absolute (CNTV_CVAL += period), so that ticks do not drift. No vector table: the interrupt is enabled
// in the GIC and stays masked in the CPU, WFI returns when it is pending, and moving the deadline takes it away.
#include "aarch64.inc"

.equ GICD, 0x08000000           // GICv2, what -M virt has by default
.equ GICC, 0x08010000
.equ TIMER_IRQ, 27              // CNTV: PPI 11
.equ TICKS_PER_SECOND, 100

.global _start
_start:
    ldr x28, =UART
    ldr x0, =GICD
    mov w1, #1 << TIMER_IRQ
    str w1, [x0, #0x100]        // GICD_ISENABLER0
    mov w1, #1
    str w1, [x0]                // GICD_CTLR
    ldr x0, =GICC
    mov w2, #0xff
    str w2, [x0, #4]            // GICC_PMR: let every priority through
    str w1, [x0]                // GICC_CTLR

    mrs x20, cntfrq_el0
    mov x1, #TICKS_PER_SECOND
    udiv x20, x20, x1           // counter steps per tick
    mov x21, #0                 // ticks so far
    mov x23, #0                 // ticks since the last line
    mrs x22, cntvct_el0         // next deadline
    add x22, x22, x20
    msr cntv_cval_el0, x22
    mov x1, #1
    msr cntv_ctl_el0, x1        // on, not masked
    isb

wait:
    wfi
    mrs x0, cntv_ctl_el0
    tbz x0, #2, wait            // woken, but the condition is not met
    add x22, x22, x20
    msr cntv_cval_el0, x22
    isb
    add x21, x21, #1
    add x23, x23, #1
    cmp x23, #TICKS_PER_SECOND
    b.ne wait
    mov x23, #0
    adr x0, text
    puts x0
    mov x0, x21
    bl put_decimal
    mov w1, #'\n'
    str w1, [x28]
    b wait

#include "decimal-aarch64.inc"

text:
    .asciz "tick "
