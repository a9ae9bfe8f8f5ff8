// SPDX-License-Identifier: GPL-3.0-or-later
// Says hello on the serial, then counts for ever.
#include "aarch64.inc"

.global _start
_start:
    ldr x28, =UART
    adr x4, text
    puts x4
    count_forever

text:
    .asciz "hello from metronome\n"
