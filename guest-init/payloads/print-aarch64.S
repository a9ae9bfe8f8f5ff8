// SPDX-License-Identifier: GPL-3.0-or-later
// Prints on the serial what a test put into its memory (QEMU's -device loader), then sleeps for ever:
//   0x40ffffe0  how many turns of a loop it waits in front of each byte (64 bits)
//   0x40ffffe8  how often it prints all of it
//   0x40fffff0  how many bytes
//   0x41000000  the bytes
#include "aarch64.inc"

.equ ORDER, 0x40ffffe0

.global _start
_start:
    ldr x28, =UART
    ldr x4, =ORDER
    ldp x5, x6, [x4]
    ldr x7, [x4, #16]
again:
    cbz x6, sleep
    sub x6, x6, #1
    add x8, x4, #32
    add x9, x8, x7
byte:
    cmp x8, x9
    b.eq again
    mov x10, x5
wait:
    cbz x10, print
    sub x10, x10, #1
    b wait
print:
    ldrb w1, [x8], #1
    str w1, [x28]
    b byte
sleep:
    wfi
    b sleep
