// SPDX-License-Identifier: GPL-3.0-or-later
// Each of two serial ports gets back what came by it. Says on each which it is, and sleeps. The second one is there
// with machine=virt,secure=on, or with a second -serial from QEMU 9.1 on; a machine without it aborts the first access.
#include "aarch64.inc"

.equ UART2, 0x09040000
.equ UART_FR, 0x18
.equ UART_CR, 0x30
.equ UART_IMSC, 0x38
.equ NOTHING_RECEIVED, 4        // bit of UART_FR
.equ GICD, 0x08000000
.equ GICC, 0x08010000

.global _start
_start:
    adr x0, vectors
    msr vbar_el1, x0
    mrs x0, CurrentEL
    cmp x0, #3 << 2
    b.ne 1f
    adr x0, vectors
    msr vbar_el3, x0
1:  isb
    ldr x28, =UART
    ldr x27, =UART2
    ldr w0, [x27, #UART_FR]     // the vectors clear x27 where there is none
    ldr x0, =GICD
    mov w1, #1 << 1 | 1 << 8    // ports are interrupts 33 and 40
    str w1, [x0, #0x104]
    ldr w1, =0x01010101
    str w1, [x0, #0x820]        // they go to this CPU
    str w1, [x0, #0x828]
    mov w1, #1
    str w1, [x0]
    ldr x0, =GICC
    mov w2, #0xff
    str w2, [x0, #4]
    str w1, [x0]
    mov w4, #'0'
    mov x2, x28
    bl start
    cbz x27, loop
    mov w4, #'1'
    mov x2, x27
    bl start
loop:
    mov x2, x28
    bl echo
    cbz x27, 1f
    mov x2, x27
    bl echo
1:  wfi                         // IRQs stay masked: it returns when one is pending
    b loop

// Switches the port at x2 on, and says its digit, w4.
start:
    mov w1, #0x301
    str w1, [x2, #UART_CR]
    mov w1, #0x50
    str w1, [x2, #UART_IMSC]
    adr x3, text
1:  ldrb w1, [x3], #1
    cbz w1, 2f
    str w1, [x2]
    b 1b
2:  str w4, [x2]
    mov w1, #'\n'
    str w1, [x2]
    ret

echo:
    ldr w1, [x2, #UART_FR]
    tbnz w1, #NOTHING_RECEIVED, 1f
    ldr w1, [x2]
    str w1, [x2]
    b echo
1:  ret

text:
    .asciz "port "

    .balign 2048
vectors:
    .skip 0x200
    mov x27, #0                 // synchronous, from this exception level
    mrs x0, CurrentEL
    cmp x0, #3 << 2
    b.eq 1f
    mrs x0, elr_el1
    add x0, x0, #4
    msr elr_el1, x0
    eret
1:  mrs x0, elr_el3
    add x0, x0, #4
    msr elr_el3, x0
    eret
