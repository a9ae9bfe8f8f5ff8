// SPDX-License-Identifier: GPL-3.0-or-later
// Accesses memory at MEMORY in many ways, round after round; a0 counts the rounds, and is what is written. Watchpoints
// are tried with it.
.equ MEMORY, 0x80010000
.equ PAUSE, 1000 // iterations between the rounds

.global _start
_start:
    li a1, MEMORY
    la a2, handler
    csrw mtvec, a2
    li a0, 0
1:  addi a0, a0, 1
    li a2, PAUSE
2:  addi a2, a2, -1
    bnez a2, 2b
    sd a0, 0(a1)                // 0x00: 8 bytes
    sb a0, 0x10(a1)             // 0x10: 1 byte
    ld a3, 0x30(a1)             // 0x30: is read
    addi a4, a1, 0x40
3:  lr.d a3, (a4)               // 0x40: read, and written if nobody else has
    addi a3, a3, 1
    sc.d a5, a3, (a4)
    bnez a5, 3b
    ecall                       // 0x60: written in a handler
    j 1b

    .balign 4
handler:
    sd a0, 0x60(a1)
    csrr a2, mepc
    addi a2, a2, 4
    csrw mepc, a2
    mret
