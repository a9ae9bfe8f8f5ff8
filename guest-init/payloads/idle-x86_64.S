// SPDX-License-Identifier: GPL-3.0-or-later
// Sleeps for ever: interrupts are off.
#include "x86_64.inc"

.global _start
_start:
    cli
1:  hlt
    jmp 1b
