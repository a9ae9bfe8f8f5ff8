// SPDX-License-Identifier: GPL-3.0-or-later
// Goes round a loop of four instructions ITERATIONS times, then powers off. The instruction count is the same in every
// run but for one: QEMU takes the power away after OUT, before or after the HLT unless its main loop outranks the vCPU.
#include "x86_64.inc"

.equ ITERATIONS, 1000000

.global _start
_start:
    mov $ITERATIONS, %ebx
1:  inc %eax
    add %eax, %ecx
    dec %ebx
    jnz 1b
    mov $PM1A_CONTROL, %edx
    mov $PM1A_SOFT_OFF, %eax
    out %ax, (%dx)
2:  hlt
    jmp 2b
