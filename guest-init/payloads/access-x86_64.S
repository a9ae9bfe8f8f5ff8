// SPDX-License-Identifier: GPL-3.0-or-later
// Accesses memory at MEMORY in many ways, round after round; EAX counts the rounds, and is what is written. Watchpoints
// are tried with it.
#include "x86_64.inc"

.equ MEMORY, 0x200000
.equ PAUSE, 1000 // iterations between the rounds

.global _start
_start:
    cld
    mov $MEMORY, %ebx
    xor %eax, %eax
1:  inc %eax
    mov $PAUSE, %ecx
2:  dec %ecx
    jnz 2b
    mov %eax, (%ebx)            // 0x00: 4 bytes
    movb %al, 0x10(%ebx)        // 0x10: 1 byte
    lea 0x20(%ebx), %edi
    mov $4, %ecx
    rep stosl                   // 0x20: 16 bytes, in four steps
    mov 0x30(%ebx), %edx        // 0x30: is read
    lock incl 0x40(%ebx)        // 0x40: read and written
    jmp 1b
