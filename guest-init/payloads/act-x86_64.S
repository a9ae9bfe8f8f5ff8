// SPDX-License-Identifier: GPL-3.0-or-later
// Says hello, counts a while, then does what the last letter of its command line (-append) says, and counts for ever
// where that is not the end:
//   s  sleeps (ACPI S3)                 d  suspends to disk (ACPI S4)      o  powers off (ACPI S5)
//   p  panics (-device pvpanic)         c  says that a crash kernel is loaded (-device pvpanic)
//   w  lets its watchdog bite (-device ib700)                              x  exits with 7 (-device isa-debug-exit)
#include "x86_64.inc"

.equ ITERATIONS, 100000
.equ INFO_CMDLINE, 16        // in the multiboot information at EBX
.equ PM1A_S3, 0x2400
.equ PM1A_S4, 0x2800
.equ PVPANIC, 0x505
.equ PVPANIC_PANICKED, 1
.equ PVPANIC_CRASHLOADED, 2
.equ IB700_ENABLE, 0x443
.equ IB700_NOW, 0xf          // in no seconds
.equ DEBUG_EXIT, 0x501       // exit status 2 * value + 1

.macro when letter, target
    cmp $\letter, %bl
    je \target
.endm

.global _start
_start:
    cld
    mov INFO_CMDLINE(%ebx), %edi
1:  mov (%edi), %al
    inc %edi
    test %al, %al
    jnz 1b
    mov -2(%edi), %bl
    mov $text, %esi
    puts_esi
    mov $ITERATIONS, %ecx
1:  dec %ecx
    jnz 1b
    when 's', sleep
    when 'd', disk
    when 'o', off
    when 'p', panic
    when 'c', crash
    when 'w', watchdog
    when 'x', exit
count:
    count_forever

sleep:
    mov $PM1A_S3, %eax
    jmp 1f
disk:
    mov $PM1A_S4, %eax
    jmp 1f
off:
    mov $PM1A_SOFT_OFF, %eax
1:  mov $PM1A_CONTROL, %edx
    out %ax, (%dx)
    jmp count
panic:
    mov $PVPANIC_PANICKED, %al
    jmp 1f
crash:
    mov $PVPANIC_CRASHLOADED, %al
1:  mov $PVPANIC, %edx
    out %al, (%dx)
    jmp count
watchdog:
    mov $IB700_NOW, %al
    mov $IB700_ENABLE, %edx
    out %al, (%dx)
    jmp count
exit:
    mov $3, %al
    mov $DEBUG_EXIT, %edx
    out %al, (%dx)
    jmp count

text:
    .asciz "hello from metronome\n"
