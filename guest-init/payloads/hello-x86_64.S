// SPDX-License-Identifier: GPL-3.0-or-later
// Says hello on the serial, then counts for ever.
#include "x86_64.inc"

.global _start
_start:
    cld
    mov $text, %esi
    puts_esi
    count_forever

text:
    .asciz "hello from metronome\n"
