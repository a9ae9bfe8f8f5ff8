// SPDX-License-Identifier: GPL-3.0-or-later
// Says hello, counts a while and resets itself, twice; the third time it counts for ever.
#include "aarch64.inc"

.equ ITERATIONS, 100000
.equ COUNT, 0x41000000 // RAM that no reset loads anew: how often it was reset
.equ RESETS, 2
.equ PSCI_SYSTEM_RESET, 0x84000009

.global _start
_start:
    ldr x28, =UART
    adr x4, text
    puts x4
    ldr x4, =ITERATIONS
1:  subs x4, x4, #1
    b.ne 1b
    ldr x5, =COUNT
    ldr x6, [x5]
    cmp x6, #RESETS
    b.hs 2f
    add x6, x6, #1
    str x6, [x5]
    ldr x0, =PSCI_SYSTEM_RESET
    hvc #0
2:  count_forever

text:
    .asciz "hello from metronome\n"
