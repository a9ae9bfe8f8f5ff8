// SPDX-License-Identifier: GPL-3.0-or-later
// Goes round a loop of four instructions ITERATIONS times, then powers off: the same instruction count in every run.
#include "aarch64.inc"

.equ ITERATIONS, 1000000

.global _start
_start:
    ldr x4, =ITERATIONS
1:  add x0, x0, #1
    add x2, x2, x0
    subs x4, x4, #1
    b.ne 1b
    ldr x0, =PSCI_SYSTEM_OFF
    hvc #0
2:  wfi
    b 2b
