// SPDX-License-Identifier: GPL-3.0-or-later
// Every vCPU counts for ever. CPU 0 starts the others with one INIT and one start-up interrupt to all but itself.
#include "x86_64.inc"

.equ TRAMPOLINE, 0x8000         // a page below 1 MB; its number is the vector of the start-up interrupt

.global _start
_start:
    cld
    mov $trampoline, %esi
    mov $TRAMPOLINE, %edi
    mov $trampoline_end - trampoline, %ecx
    rep movsb
    mov $LAPIC, %ebx
    movl $0x100 | 0xff, 0xf0(%ebx)                  // enabled, spurious vector 255
    movl $0xc4500, 0x300(%ebx)                      // INIT, all but self
    movl $0xc4600 | TRAMPOLINE >> 12, 0x300(%ebx)   // start-up, all but self

.global count
count:
    xor %eax, %eax
    count_forever

// Runs at TRAMPOLINE, in real mode with CS = TRAMPOLINE / 16: on to protected mode, where CPU 0 is.
.code16
trampoline:
    cli
    lgdtl %cs:trampoline_gdt_pointer - trampoline
    mov $1, %eax
    mov %eax, %cr0
    ljmpl $8, $count
trampoline_gdt_pointer:
    .word 3 * 8 - 1
    .long gdt
trampoline_end:

.code32
    define_gdt
