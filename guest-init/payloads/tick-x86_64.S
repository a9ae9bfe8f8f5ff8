// SPDX-License-Identifier: GPL-3.0-or-later
// Sleeps, and is woken every 10 ms of virtual time by the local APIC's timer; says "tick N" for each 100th.
#include "x86_64.inc"

.equ PERIOD, 10000000           // QEMU's APIC timer counts ns
.equ TICKS_PER_SECOND, 100
.equ VECTOR, 0x20

.global _start
_start:
    mov $stack_end, %esp
    cld
    lgdt gdt_pointer            // iret loads CS again, so it has to be in a table that is ours
    ljmp $8, $1f
1:  mov $16, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss

    mov $interrupt, %eax        // the gate wants the address in two halves
    mov %ax, gate
    shr $16, %eax
    mov %ax, gate + 6
    lidt idt_pointer

    mov $0xff, %al              // mask both PICs: SeaBIOS leaves the old timer running
    out %al, $0x21
    out %al, $0xa1
    mov $LAPIC, %ebx
    movl $0x100 | 0xff, 0xf0(%ebx)      // enabled, spurious vector 255
    movl $0x0b, 0x3e0(%ebx)             // divide by 1
    movl $0x20000 | VECTOR, 0x320(%ebx) // periodic
    movl $PERIOD - 1, 0x380(%ebx)       // the 0 is counted as well

    xor %ebp, %ebp              // ticks so far
    xor %edi, %edi              // ticks since the last line
wait:
    sti
    hlt
    cli
    inc %ebp
    inc %edi
    cmp $TICKS_PER_SECOND, %edi
    jne wait
    xor %edi, %edi
    mov $text, %esi
    puts_esi
    mov %ebp, %eax
    call put_decimal
    mov $'\n', %al
    putc_al
    jmp wait

interrupt:
    movl $0, 0xb0(%ebx)         // end of interrupt
    iret

// Prints EAX; uses EAX, ECX, EDX, ESI. Digits are made from the last one to the first.
put_decimal:
    mov $digits_end, %esi
    mov $10, %ecx
4:  xor %edx, %edx
    div %ecx
    add $'0', %dl
    dec %esi
    mov %dl, (%esi)
    test %eax, %eax
    jnz 4b
    puts_esi
    ret

    define_gdt
idt_pointer:
    .word (VECTOR + 1) * 8 - 1
    .long gate - VECTOR * 8     // nothing can reach the vectors below: no exception is expected
text:
    .asciz "tick "

.data
    .balign 8
gate:
    .word 0, 8, 0x8e00, 0
digits:
    .space 20
digits_end:
    .byte 0

.bss
    .balign 4096                // to the end of a page: QEMU leaves what is behind it as its heap is
    .space 4096
stack_end:
