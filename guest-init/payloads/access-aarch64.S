// SPDX-License-Identifier: GPL-3.0-or-later
// Accesses memory at MEMORY in many ways, round after round; x0 counts the rounds, and is what is written. A second vCPU
// writes, too. Watchpoints are tried with it.
#include "aarch64.inc"

.equ MEMORY, 0x40090000
.equ PSCI_CPU_ON, 0xc4000003
.equ PAUSE, 1000 // iterations between the rounds

.global _start
_start:
    ldr x1, =MEMORY
    adr x2, vectors
    msr vbar_el1, x2
    isb
    ldr x0, =PSCI_CPU_ON // fails where there is none
    mov x3, x1
    mov x1, #1
    adr x2, second
    hvc #0
    ldr x1, =MEMORY
    mov x0, #0
1:  add x0, x0, #1
    mov x2, #PAUSE
2:  subs x2, x2, #1
    b.ne 2b
    str x0, [x1]                // 0x00: 8 bytes
    strb w0, [x1, #0x10]        // 0x10: 1 byte
    stp x0, x0, [x1, #0x20]     // 0x20: two registers
    ldr x3, [x1, #0x30]         // 0x30: is read
    ldp x3, x4, [x1, #0x30]
    add x6, x1, #0x40
3:  ldxr x3, [x6]               // 0x40: read, and written if nobody else has
    add x3, x3, #1
    stxr w4, x3, [x6]
    cbnz w4, 3b
    str x0, [x1, #0x50]!        // 0x50: and x1 moves
    sub x1, x1, #0x50
    svc #0                      // 0x60: written in a handler
    b 1b

second:
    ldr x1, =MEMORY
    mov x0, #0
1:  add x0, x0, #1
    mov x2, #PAUSE
2:  subs x2, x2, #1
    b.ne 2b
    str x0, [x1, #0x70]         // 0x70: by the second vCPU
    b 1b

    .balign 2048
vectors:
    .skip 0x200
    str x0, [x1, #0x60]         // synchronous, from this exception level
    eret
    .skip 0x600 - 8
