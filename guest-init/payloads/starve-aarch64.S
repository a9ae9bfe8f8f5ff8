// SPDX-License-Identifier: GPL-3.0-or-later
// CPU 0 asks CPU 1 for something and spins on a flag until CPU 1 has set it; CPU 1 spins for the next request. Says
// "waited N ns" (of CNTVCT) for each of 20 requests, then counts. On hardware that takes some ns. Under icount all vCPUs
// take turns on one thread, and one that spins uses up its turn while the other, who could end the wait, stands.
#include "aarch64.inc"

.equ PSCI_CPU_ON, 0xc4000003
.equ ROUNDS, 20

.global _start
_start:
    ldr x28, =UART
    ldr x0, =PSCI_CPU_ON
    mov x1, #1
    adr x2, secondary
    mov x3, #0
    hvc #0
    adr x26, asked
    adr x27, done
    mov x25, #0
    mrs x24, cntfrq_el0

round:
    add x25, x25, #1
    isb
    mrs x20, cntvct_el0
    str x25, [x26]
3:  ldr x1, [x27]
    cmp x1, x25
    b.ne 3b
    isb
    mrs x21, cntvct_el0
    sub x21, x21, x20
    ldr x1, =1000000000
    mul x21, x21, x1
    udiv x21, x21, x24
    adr x0, waited
    puts x0
    mov x0, x21
    bl put_decimal
    adr x0, unit
    puts x0
    cmp x25, #ROUNDS
    b.ne round
    adr x0, over
    puts x0
    count_forever

secondary:
    adr x26, asked
    adr x27, done
    mov x1, #0
4:  ldr x2, [x26]
    cmp x2, x1
    b.eq 4b
    mov x1, x2
    str x1, [x27]
    b 4b

#include "decimal-aarch64.inc"

waited:
    .asciz "waited "
unit:
    .asciz " ns\n"
over:
    .asciz "all done\n"

.data
    .balign 8
asked:
    .quad 0
    .balign 64
done:
    .quad 0
