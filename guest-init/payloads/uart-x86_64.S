// SPDX-License-Identifier: GPL-3.0-or-later
// Two of these are joined by a serial line between their COM2. What they do is said on the console, COM1:
//   g   begin: each answers a byte with another one, until it has got 500
//   s   send 10,000 bytes, as fast as the port takes them, and answer none (said to both)
// Each says "first TIME" for its first byte and "all SUM time TIME" for its last. SUM is of all bytes and of
// the times at which they came; TIME is the TSC's, which under icount is the virtual time in ns.
// Between bytes it sleeps (uartpoll-x86_64.S: it looks every 4 us).
#include "x86_64.inc"

.equ COM2, 0x2f8
.equ LINE_VECTOR, 0x20 + 3
.equ CONSOLE_VECTOR, 0x20 + 4
.equ ANSWERED, 500
.equ STREAMED, 10000

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

    mov $interrupt, %eax        // the gates want the address in two halves
    mov %ax, gates
    mov %ax, gates + 8
    shr $16, %eax
    mov %ax, gates + 6
    mov %ax, gates + 14
    lidt idt_pointer

    mov $0x11, %al              // the first PIC: vectors from 0x20 on, lines 3 (COM2) and 4 (COM1)
    out %al, $0x20
    mov $0x20, %al
    out %al, $0x21
    mov $4, %al
    out %al, $0x21
    mov $1, %al
    out %al, $0x21
    mov $0xe7, %al
    out %al, $0x21
    mov $0xff, %al
    out %al, $0xa1

    mov $COM1, %ebx
    call set_up
    mov $COM2, %ebx
    call set_up
    xor %ebp, %ebp              // bytes so far
    xor %edi, %edi              // their sum
    mov $ready, %esi
    puts_esi

wait:
#ifdef POLL
    mov $2000, %ecx             // 4 us: each look takes QEMU as long as hundreds of instructions
7:  dec %ecx
    jnz 7b
#else
    sti
    hlt
    cli
#endif
look:
    mov $COM2 + 5, %edx
    in (%dx), %al
    test $1, %al
    jnz receive
    mov $COM1_LSR, %edx
    in (%dx), %al
    test $1, %al
    jz wait
    mov $COM1, %edx
    in (%dx), %al
    mov $COM2, %edx
    cmp $'s', %al
    je stream
    cmp $'g', %al
    jne look
    out %al, (%dx)
    jmp look

stream:
    movl $STREAMED, limit
    mov $STREAMED, %ecx
5:  out %al, (%dx)
    lea 7(%eax, %eax, 2), %eax
    loop 5b
    jmp look

receive:
    rdtsc
    mov %eax, %ecx
    mov %edx, %ebx
    mov $COM2, %edx
    in (%dx), %al
    movzx %al, %eax
    rol $5, %edi
    xor %eax, %edi
    add %ecx, %edi
    inc %ebp
    cmp limit, %ebp
    ja look
    cmpl $STREAMED, limit
    je 6f
    imul $5, %eax, %eax
    inc %eax
    out %al, (%dx)
6:  cmp $1, %ebp
    je say_first
    cmp limit, %ebp
    jne look
    mov $got, %esi
    puts_esi
    mov %edi, %eax
    call put_hex
    mov $time, %esi
    jmp say_time
say_first:
    mov $first, %esi
say_time:
    puts_esi
    mov %ebx, %eax
    call put_hex
    mov %ecx, %eax
    call put_hex
    mov $'\n', %al
    putc_al
    jmp look

// The port at EBX: FIFO, an interrupt for each byte, and its way to the PIC.
set_up:
    lea 2(%ebx), %edx
    mov $7, %al
    out %al, (%dx)
    lea 4(%ebx), %edx
    mov $0x0b, %al
    out %al, (%dx)
    lea 1(%ebx), %edx
    mov $1, %al
    out %al, (%dx)
    ret

interrupt:
    push %eax
    mov $0x20, %al              // end of interrupt
    out %al, $0x20
    pop %eax
    iret

// Prints EAX in 8 hexadecimal digits; uses EAX, EDX, ESI.
put_hex:
    mov %eax, %esi
    push %ecx
    mov $8, %ecx
4:  rol $4, %esi
    mov %esi, %eax
    and $15, %eax
    mov digits(%eax), %al
    putc_al
    loop 4b
    pop %ecx
    ret

    define_gdt
idt_pointer:
    .word (CONSOLE_VECTOR + 1) * 8 - 1
    .long gates - LINE_VECTOR * 8 // nothing can reach the vectors below: no exception is expected
ready:
    .asciz "ready\n"
first:
    .asciz "first "
got:
    .asciz "all "
time:
    .asciz " time "
digits:
    .ascii "0123456789abcdef"

.data
limit:
    .long ANSWERED
    .balign 8
gates:
    .word 0, 8, 0x8e00, 0
    .word 0, 8, 0x8e00, 0

.bss
    .balign 16
    .space 4096
stack_end:
